"""Do the same for many hosts at once. Ctrl-C is not held up by threads that wait for a host."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def for_each(items: Sequence[Item], work: Callable[[Item], Answer]) -> tuple[Answer, ...]:
    """Call `work` for every item at the same time; return the answers in the items' order.

    Every call is waited for; then the first error, in the items' order, is raised. An interrupt of the calling thread is
    raised at once: the threads are daemons, and what they were doing on hosts goes on there or is repeated later.
    """
    answers: dict[int, Answer] = {}
    errors: dict[int, BaseException] = {}

    def one(index: int, item: Item) -> None:
        try:
            answers[index] = work(item)
        except BaseException as error:  # noqa: BLE001 - carried to the calling thread
            errors[index] = error

    threads = [threading.Thread(target=one, args=pair, daemon=True) for pair in enumerate(items)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[min(errors)]
    return tuple(answers[index] for index in range(len(items)))

"""Work for many hosts at once: order kept, errors raised, interrupts not held up."""

import threading

import pytest

from orchestrator.waiting import for_each


def test_answers_come_in_the_order_of_the_items() -> None:
    last_first = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert last_first.wait(5)
        else:
            last_first.set()
        return number * 10

    assert for_each((0, 1), work) == (0, 10)


def test_nothing_to_do_is_no_answer() -> None:
    assert for_each((), str) == ()


def test_the_first_error_is_raised_after_every_item_was_tried() -> None:
    tried = []

    def work(number: int) -> None:
        tried.append(number)
        if number:
            raise ValueError(number)

    with pytest.raises(ValueError, match="1"):
        for_each((0, 1, 2), work)
    assert sorted(tried) == [0, 1, 2]

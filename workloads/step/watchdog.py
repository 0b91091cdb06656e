"""End a task that makes no progress: a collective operation waits for ever where a card or a host hangs."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOOK_S = 0.5


class Watchdog:
    """Calls `give_up` from its own thread, once, where nothing was told for too long."""

    def __init__(
        self, limit_s: float, give_up: Callable[[str], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit_s = limit_s
        self._give_up = give_up
        self._clock = clock
        self._at = clock()
        self._doing = "start"
        self._stopped = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within it, it looks."""
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        try:
            yield
        finally:
            self._stopped.set()

    def beat(self, doing: str) -> None:
        """Something was done, and this comes next."""
        self._doing = doing
        self._at = self._clock()

    @contextmanager
    def waiting(self, doing: str) -> Iterator[None]:
        """What others do meanwhile is theirs to be watched in."""
        self.beat(doing)
        self._at = float("inf")
        try:
            yield
        finally:
            self.beat(f"after {doing}")

    def _watch(self) -> None:
        while not self._stopped.wait(_LOOK_S):
            if self._clock() - self._at > self._limit_s:
                self._give_up(f"no progress for {self._limit_s:g} s: {self._doing}")
                return

"""A thread that observes, so that a driver which hangs holds up no more than it. Waits; never asks the driver twice at once."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from gpuhost.telemetry.snapshot import Snapshot

Observe = Callable[[float], Snapshot]


class Worker:
    """One observation at a time."""

    def __init__(self, observe: Observe) -> None:
        self._observe = observe
        self._asked: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Snapshot | BaseException] = queue.SimpleQueue()
        self._began: float | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def look(self, now: float, patience_s: float) -> Snapshot | None:
        """The snapshot; None where the driver does not answer in time. Then the next look waits for the same answer.

        Raises what the observation raised: a fault of the program.
        """
        if self._began is None:
            self._began = time.monotonic()
            self._asked.put(now)
        try:
            answer = self._answers.get(timeout=patience_s)
        except queue.Empty:
            return None
        self._began = None
        if isinstance(answer, BaseException):
            raise answer
        return answer

    @property
    def waits_s(self) -> float:
        """How long the driver has not answered."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    def can_be_ended(self) -> bool:
        """False while the kernel holds the thread, state D: nothing ends it then, nor this process."""
        try:
            told = Path(f"/proc/self/task/{self._thread.native_id}/stat").read_text(encoding="utf-8")
        except OSError:
            return True
        return told.rpartition(")")[2].split()[0] != "D"

    def _run(self) -> None:
        while True:
            now = self._asked.get()
            try:
                self._answers.put(self._observe(now))
            except BaseException as cause:  # noqa: BLE001  the main thread raises it
                self._answers.put(cause)

"""Faults that were reported since the last look: from the kernel's log, else from the journal, else as the driver's own events.

The kernel's log has also those from before this process began. The journal is asked by a program of its own, which may take seconds: so
not each second, and by a thread that nobody waits for.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

from gpuhost.telemetry.advice.advisor import Fault
from gpuhost.telemetry.collect.figures import Handle, Nvml, address
from gpuhost.xid import kernel_log
from gpuhost.xid.lines import XID, Event

JOURNAL_EVERY_S = 30.0
_MOST_EVENTS = 64
LOG, DRIVER, NOBODY = "log", "driver", ""
"""Who tells: the kernel's log, also of before this began; the driver, since somebody listens; nobody, so that silence says nothing."""


class Reports:
    """One source, chosen at the first look."""

    def __init__(
        self,
        log: str = kernel_log.LOG,
        journal: tuple[str, ...] = kernel_log.JOURNAL,
        *,
        waits: bool = False,
    ) -> None:
        """Of a host's log.

        Args:
            log: the kernel's own.
            journal: the program that prints its copy of that.
            waits: for the journal, as who looks once does.
        """
        self._journal = journal
        self._waits = waits
        self._asked_at = 0.0
        self._answers: queue.SimpleQueue[list[Event] | None] = queue.SimpleQueue()
        self._asking = False
        self._known: set[Event] = set()
        self._events: object = None
        self._session = 0
        self.source = NOBODY
        try:
            self._log: kernel_log.Follower | None = kernel_log.Follower(log)
        except OSError:
            self._log = None

    def new(self, nvml: Nvml, session: int, now: float) -> list[Fault]:
        """Those since the last look, oldest first.

        Args:
            nvml: pynvml where it is open, else None.
            session: how often it was opened.
            now: seconds since 1970.
        """
        events = self._logged(now)
        if events is not None:
            # While the journal is asked for the first time nothing is known.
            if self._log is not None or not self._asking:
                self.source = LOG
            return [_fault(each, now) for each in events]
        if nvml is not None and session != self._session:
            self._session = session
            self._listen(nvml)
        return list(self._heard(nvml, now)) if nvml is not None and self.source == DRIVER else []

    def _logged(self, now: float) -> list[Event] | None:
        """None where neither log nor journal may be read."""
        if self._log is not None:
            try:
                return self._log.new()
            except OSError:
                self._log.close()
                self._log = None
        if not self._journal:
            return None
        if not self._asking and abs(now - self._asked_at) >= JOURNAL_EVERY_S:
            self._asked_at, self._asking = now, True
            threading.Thread(target=self._ask_journal, daemon=True).start()
        if not self._asking or (self._answers.empty() and not self._waits):
            return []
        events, self._asking = self._answers.get(), False
        if events is None:
            self._journal = ()  # it will be refused again, or nobody writes it
            return None
        fresh = [each for each in events if each not in self._known]
        self._known.update(fresh)
        return fresh

    def _ask_journal(self) -> None:
        self._answers.put(kernel_log.logged("", self._journal))

    def _heard(self, nvml: Nvml, now: float) -> Iterator[Fault]:
        """Until none is waiting, which NVML says as a timeout."""
        with suppress(nvml.NVMLError):
            for _ in range(_MOST_EVENTS):
                event = nvml.nvmlEventSetWait_v2(self._events, 0)
                at = address(nvml.nvmlDeviceGetPciInfo(event.device).busId)
                number = int(event.eventData)
                yield Fault(XID, number, at.partition(".")[0], now, f"the driver reported Xid {number}")

    def _listen(self, nvml: Nvml) -> None:
        """The driver keeps no event from before."""
        self.source = NOBODY
        with suppress(nvml.NVMLError):
            self._events = nvml.nvmlEventSetCreate()
            for index in range(nvml.nvmlDeviceGetCount()):
                if _listens(nvml, index, self._events):
                    self.source = DRIVER


def _listens(nvml: Nvml, index: int, events: object) -> bool:
    """Whether the driver tells this user of the card."""
    try:
        card: Handle = nvml.nvmlDeviceGetHandleByIndex(index)
        nvml.nvmlDeviceRegisterEvents(card, nvml.nvmlEventTypeXidCriticalError, events)
    except nvml.NVMLError:
        return False
    return True


def _fault(event: Event, now: float) -> Fault:
    at = now - time.clock_gettime(time.CLOCK_MONOTONIC) + event.at_s
    return Fault(event.kind, event.number, event.address, at, event.text, event.fatal, event.recovered)

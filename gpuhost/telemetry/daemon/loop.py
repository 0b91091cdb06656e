"""Look each second until systemd says to stop: the snapshot for everybody, a short history, and who used what."""

from __future__ import annotations

import json
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from gpuhost.files import write
from gpuhost.systemd import notify
from gpuhost.telemetry import read
from gpuhost.telemetry.advice.advisor import Advisor
from gpuhost.telemetry.collect.collector import Collector
from gpuhost.telemetry.collect.reports import Reports
from gpuhost.telemetry.daemon.history import History
from gpuhost.telemetry.daemon.worker import Worker
from gpuhost.telemetry.hang import hung
from gpuhost.telemetry.observer import Observer
from gpuhost.telemetry.snapshot import HUNG, NO_CARD, NO_DRIVER, Snapshot
from gpuhost.telemetry.usage.account import Account

EVERY_S = 1.0
OPEN_S = 30.0
"""How long the first answer may take: to open NVML wakes cards that nobody uses."""
PATIENCE_S = 2.0
"""After that a snapshot says that the driver hangs; a healthy one answers within milliseconds."""
ANEW_S = 60.0
"""After that systemd starts this program anew, where the kernel lets it end."""
WITHOUT_CARD_S = 10.0
"""A host without a card or a driver is asked so often; its file is fresh all the same."""
SAVE_S = 60.0

NAME = "gpuhost"
"""Of the process, instead of Python's."""

RUN, STATE = Path("/run/gpuhost"), Path("/var/lib/gpuhost")


@dataclass(frozen=True)
class Places:
    """Where things are kept."""

    run: Path = RUN
    state: Path = STATE

    @property
    def snapshot(self) -> Path:
        """The last snapshot."""
        return self.run / read.FILE.name


def watch(keep_months: int, places: Places | None = None) -> int:
    """Until SIGTERM; return the exit code.

    Args:
        keep_months: of usage; 0 keeps no account.
        places: where things are kept, if not in the usual places.
    """
    places = places or Places()
    with suppress(
        OSError
    ):  # by this name preflight knows a program that has the driver open and is in nobody's way
        Path("/proc/self/comm").write_text(NAME, encoding="ascii")
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    earlier = read.last(places.snapshot)
    observer = Observer(Collector(), Reports(), Advisor(earlier.advice if earlier else ()))
    account = Account(places.state / "usage", keep_months) if keep_months else None
    daemon = Daemon(Worker(observer.observe), places, earlier, account)
    due = time.monotonic()
    while True:
        daemon.tick(time.time())
        due = max(due + EVERY_S, time.monotonic())
        stopped = signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, max(due - time.monotonic(), 0.0))
        if stopped or daemon.has_to_start_anew:
            notify("STOPPING=1")
            daemon.save()
            return 0 if stopped else 1


class Daemon:
    """What one second brings."""

    def __init__(
        self, worker: Worker, places: Places, earlier: Snapshot | None, account: Account | None
    ) -> None:
        self._worker = worker
        self._places = places
        self._last = earlier
        self._asked_at = -WITHOUT_CARD_S
        self._ready = False
        self._saved_at = time.monotonic()
        self._history = History(places.run)
        self._account = account

    def tick(self, now: float) -> None:
        """Look, write, count. Raises OSError where the files cannot be written."""
        snapshot = self._looked(now)
        write(self._places.snapshot, json.dumps(snapshot.as_dict()))
        self._history.add(snapshot)
        if self._account is not None:
            self._account.add(snapshot)
        self._last = snapshot
        notify("WATCHDOG=1" if self._ready else "READY=1")
        self._ready = True
        if time.monotonic() - self._saved_at >= SAVE_S:
            self.save()

    @property
    def has_to_start_anew(self) -> bool:
        """The driver has not answered for long, and the kernel lets this process end."""
        return self._worker.waits_s > ANEW_S and self._worker.can_be_ended()

    def save(self) -> None:
        """What is to outlast the process."""
        self._saved_at = time.monotonic()
        if self._account is not None:
            self._account.save()

    def _looked(self, now: float) -> Snapshot:
        last = self._last
        rests = self._ready and last is not None and last.state in {NO_CARD, NO_DRIVER}
        if rests and last is not None and time.monotonic() - self._asked_at < WITHOUT_CARD_S:
            return replace(last, taken_at=now)
        self._asked_at = time.monotonic()
        hangs = last is not None and last.state == HUNG
        found = self._worker.look(now, PATIENCE_S if self._ready or hangs else OPEN_S)
        return found or hung(now, self._worker.waits_s, last)

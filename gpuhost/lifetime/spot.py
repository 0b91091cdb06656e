"""Look for EC2's notice that it takes this spot host back; say it to everybody here, and have trainings write their checkpoints.

It signals the units that the role names, writes the notice down for `orchestrate-lifetime status`, and ends nothing itself: EC2 does.
The limits are another service's, so a metadata service that hangs does not hold them up.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from http.client import HTTPException
from typing import TypeVar

from gpuhost import systemd
from gpuhost.lifetime.activity import JOBS
from gpuhost.lifetime.ledger import Book, moment
from gpuhost.lifetime.metadata import Interruption, Metadata
from gpuhost.lifetime.terminals import announce, say

Answer = TypeVar("Answer")

SYSTEMCTL_S = 20.0
TICK_S = 5.0
"""AWS recommends to look this often; the notice comes two minutes before the end."""


class Spot:
    """What one look after another does; what was done is on disk, so a restart of the service repeats nothing.

    Args:
        book: where the notice is written down.
        metadata: the host's metadata service.
        run: of the host, as `Moment.run`.
        announce: says lines to everybody here.
    """

    def __init__(self, book: Book, metadata: Metadata, run: str, announce: Callable[[str], None]) -> None:
        self._book = book
        self._metadata = metadata
        self._announce = announce
        self._unclear = ""
        self.notice = book.notice(run)

    def look(self, units: Callable[[], Sequence[str]], now: datetime) -> None:
        """Ask once, and act on what is new.

        Args:
            units: patterns of the units that get SIGTERM once the notice is there, those too that start later.
            now: the time of day.
        """
        before = self.notice
        # The notice first: what is unclear about the advice must not hide it.
        found = self._asked(self._metadata.interruption)
        if found is not None:
            self._act(found, units(), now)
        elif not before.advised_at and (advised := self._asked(self._metadata.advised_at)) is not None:
            self.notice = replace(before, advised_at=utc(advised))
            self._announce(ADVISED)
        if self.notice != before:
            self._book.keep_notice(self.notice)

    def _asked(self, question: Callable[[], Answer | None]) -> Answer | None:
        try:
            return question()
        except (OSError, ValueError, HTTPException) as error:
            # Once for each cause, not every five seconds.
            if str(error) != self._unclear:
                say(f"the metadata service does not say whether EC2 takes this host back: {error}")
            self._unclear = str(error)
            return None

    def _act(self, found: Interruption, units: Sequence[str], now: datetime) -> None:
        before, at = self.notice, utc(found.at)
        if (before.action, before.at) != (found.action, at):
            self.notice = replace(
                before, action=found.action, at=at, noticed_at=before.noticed_at or utc(now)
            )
            # On record first: what comes next may take until the end.
            self._book.keep_notice(self.notice)
            self._announce(announcement(found, now))
        fresh = [each for each in running(units) if each not in before.signalled]
        done = tuple(each for each in fresh if signalled(each))
        self.notice = replace(self.notice, signalled=(*before.signalled, *done))


ADVISED = (
    "EC2 says that this spot host is likelier than others to be taken back soon.\n"
    "Write a checkpoint now; a notice two minutes before the end may follow.\n"
)


def announcement(found: Interruption, now: datetime) -> str:
    """Lines that fit a terminal."""
    left_s = max((found.at - now).total_seconds(), 0.0)
    verb = {"terminate": "ends", "stop": "stops", "hibernate": "hibernates"}[found.action]
    return (
        f"EC2 takes this spot host back at {found.at:%H:%M:%S} UTC, in {left_s:.0f} seconds, and {verb} it.\n"
        "Jobs get SIGTERM now, to write their checkpoints.\n"
        "Nothing puts it off. Copy what you need elsewhere.\n"
    )


def running(patterns: Sequence[str]) -> tuple[str, ...]:
    """Names of the units that run; none where systemd does not say, which goes to the journal."""
    if not patterns:
        return ()
    try:
        return systemd.running(*patterns)
    except (OSError, subprocess.SubprocessError) as error:
        say(f"which jobs run cannot be seen: {error}")
        return ()


def signalled(unit: str) -> bool:
    """Send SIGTERM to all processes of a unit, and say so. False where systemd refuses: it is tried again."""
    try:
        argv = ("systemctl", "kill", "--signal=SIGTERM", unit)
        subprocess.run(argv, stdin=subprocess.DEVNULL, timeout=SYSTEMCTL_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        say(f"{unit} has not been told: {error}")
        return False
    say(f"{unit} got SIGTERM")
    return True


def utc(at: datetime) -> str:
    """ISO 8601, UTC."""
    return at.astimezone(timezone.utc).isoformat(timespec="seconds")


def watch() -> int:
    """Look every five seconds until systemd says to stop."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    book = Book()
    spot = Spot(book, Metadata(), moment().run, announce)
    while True:
        spot.look(lambda: units_of(book), datetime.now(timezone.utc))
        if signal.sigtimedwait({signal.SIGTERM}, TICK_S):
            return 0


def units_of(book: Book) -> Sequence[str]:
    """The units that the role names; jobs of validation and training where it cannot be read."""
    try:
        return book.limits().spot_units
    except ValueError as error:
        say(str(error))
        return JOBS

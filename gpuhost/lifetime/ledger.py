"""The account of a host's running time on its disk, and the limits beside it. What is lost is never taken for zero."""

from __future__ import annotations

import json
import os
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict
from pathlib import Path

from gpuhost.files import locked, write
from gpuhost.lifetime.limits import End, Extension, Ledger, Limits, Moment, Notice, amount, parse_limits
from gpuhost.lifetime.terminals import say
from gpuhost.systemd import started

CONFIG = Path("/etc/orchestrate/lifetime.json")
"""Written by the role."""

STATE = Path("/var/lib/orchestrate/lifetime")
"""The account's folder; systemd makes it."""

UNREADABLE = (OSError, ValueError, KeyError, TypeError, RecursionError)
"""What reading a file raises whose disk or content is broken."""


class Book:
    """The files of a folder: `ledger.json`, `begun` (its time is when the account began), `ended.txt`, `interruption.json`."""

    def __init__(self, folder: Path = STATE, config: Path = CONFIG) -> None:
        self.folder = folder
        self.config = config

    def locked(self) -> AbstractContextManager[None]:
        """Others wait."""
        return locked(self.folder)

    def limits(self) -> Limits:
        """The limits; those in force before, while the file is broken. Raises OSError or ValueError without either."""
        try:
            return parse_limits(json.loads(self.config.read_text()))
        except UNREADABLE as error:
            try:
                kept = parse_limits(json.loads((self.folder / "limits.json").read_text()))
            except UNREADABLE:
                raise ValueError(f"{self.config} cannot be read: {error}") from error
            say(f"{self.config} cannot be read: {error}; the limits stay as they were")
            return kept

    def keep(self, limits: Limits) -> None:
        """Keep a copy of the limits for when their file is broken."""
        text, copy = json.dumps(asdict(limits)), self.folder / "limits.json"
        with suppress(OSError):
            if not copy.exists() or copy.read_text() != text:
                self._write("limits.json", text)

    def peek(self, now: Moment, wall_s: float) -> Ledger:
        """The account as it was at the last look; changes nothing. `wall_s` is the time of day in seconds of the epoch."""
        try:
            return self._read()
        except UNREADABLE:
            return self._anew(now, wall_s)

    def open(self, now: Moment, wall_s: float) -> Ledger:
        """As `peek`. An account that cannot be read is set aside, and all time since it began counts as running."""
        file, begun = self.folder / "ledger.json", self.folder / "begun"
        try:
            ledger = self._read()
        except UNREADABLE as error:
            ledger = self._anew(now, wall_s)
            if file.exists() or begun.exists():
                with suppress(OSError):
                    file.rename(self.folder / f"ledger.unreadable.{int(wall_s)}.json")
                say(
                    f"{file} cannot be read: {error}; set aside. {ledger.spent_s / 3600:.2f} hours since it began count"
                )
        with suppress(OSError):
            if not begun.exists():
                self._write("begun", "")
                os.utime(begun, (wall_s - ledger.spent_s, wall_s - ledger.spent_s))
        return ledger

    def save(self, ledger: Ledger) -> None:
        """Write the account down, in one step. A full disk is said and survived: this run is counted by the clock."""
        try:
            self._write("ledger.json", json.dumps(asdict(ledger), indent=1))
        except OSError as error:
            say(f"the account cannot be written: {error}")

    def note_end(self, end: End) -> None:
        """Leave word of why the host was powered off."""
        with suppress(OSError):
            self._write("ended.txt", f"{end.at} after {end.spent_s / 3600:.2f} hours: {end.reason}\n")

    def notice(self, run: str) -> Notice:
        """What EC2 said of the host's end in that run. What it said in an earlier one is over."""
        try:
            given = json.loads((self.folder / "interruption.json").read_text())
            texts = {name: str(given[name]) for name in ("run", "action", "at", "noticed_at", "advised_at")}
            found = Notice(**texts, signalled=tuple(map(str, given["signalled"])))
        except UNREADABLE:
            return Notice(run=run)
        return found if found.run == run else Notice(run=run)

    def keep_notice(self, notice: Notice) -> None:
        """Write it down. A full disk keeps no terminal and no training from hearing of it."""
        with suppress(OSError):
            self._write("interruption.json", json.dumps(asdict(notice), indent=1))

    def _write(self, name: str, text: str) -> None:
        write(self.folder / name, text, lasting=True)

    def _read(self) -> Ledger:
        return parse_ledger(json.loads((self.folder / "ledger.json").read_text()))

    def _anew(self, now: Moment, wall_s: float) -> Ledger:
        """An account that begins with this run, or where one was lost with all time since it began."""
        earlier_s = max(self._since_begun(wall_s) - now.seconds, 0.0)
        return Ledger(earlier_s=earlier_s, now=now, used_s=now.seconds)

    def _since_begun(self, wall_s: float) -> float:
        """Seconds since the earliest that these files tell of; 0 where there is no account yet."""
        known = (self.folder / "begun", self.folder / "ledger.json")
        if not any(path.exists() for path in known):
            return 0.0
        times = [path.stat().st_mtime for path in (*known, self.config) if path.exists()]
        return max(wall_s - min(times), 0.0)


def moment() -> Moment:
    """Where in which run this host is.

    A container's run is that of its first process too: boot id and clock are its computer's and go on while it is stopped.
    The clock runs on while a machine is suspended, because who pays for it may not know.
    """
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    ticks, seconds = started()
    return Moment(run=f"{boot}/{ticks}", seconds=seconds)


def parse_ledger(given: dict[str, object]) -> Ledger:
    """The account from its file. Raises KeyError, TypeError or ValueError where that is not one."""
    now, ended, more = given["now"], given["ended"], given["extensions"]
    if not isinstance(now, dict) or not isinstance(more, list) or not isinstance(ended, (dict, type(None))):
        raise TypeError("not an account")
    extensions = tuple(
        Extension(at=str(one["at"]), by=str(one["by"]), hours=amount(one["hours"]), usd=amount(one["usd"]))
        for one in more
    )
    end = None
    if ended:
        end = End(
            at=str(ended["at"]),
            run=str(ended["run"]),
            spent_s=amount(ended["spent_s"]),
            reason=str(ended["reason"]),
        )
    return Ledger(
        earlier_s=amount(given["earlier_s"]),
        now=Moment(run=str(now["run"]), seconds=amount(now["seconds"])),
        used_s=amount(given["used_s"]),
        extensions=extensions,
        ended=end,
    )

"""Whether the driver may be exchanged now. Pure: no clock, no process, no file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from gpuhost.telemetry.snapshot import MISMATCH, Snapshot

NOTHING, WAIT, RELOAD, RESTART = "nothing to mend", "waits", "exchanges the driver", "restarts the host"
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Window:
    """A part of each day, by the host's clock; one that ends before it begins goes over midnight."""

    begins: time
    ends: time

    def holds(self, now: time) -> bool:
        """Whether it is that time."""
        if self.begins <= self.ends:
            return self.begins <= now < self.ends
        return now >= self.begins or now < self.ends


@dataclass(frozen=True)
class Uses:
    """What would be disturbed."""

    jobs: Sequence[str] = ()
    """Units of leases and of certified jobs."""
    holders: Sequence[str] = ()
    """Programs that have a card open, other than services that can be stopped meanwhile."""
    people: Sequence[str] = ()
    """Who is logged in. They stand in the way of a restart alone."""


@dataclass(frozen=True)
class Verdict:
    """What to do now, and why."""

    action: str
    """NOTHING, WAIT, RELOAD or RESTART."""
    reason: str


def window(written: str) -> Window:
    """Of `02:00-05:00`. Raises ValueError."""
    found = _WINDOW.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} is no window of a day\n  try: 02:00-05:00")
    hours = [int(each) for each in found.groups()]
    return Window(time(hours[0], hours[1]), time(hours[2], hours[3]))


def decide(snapshot: Snapshot, when: Window, now: time, uses: Uses) -> Verdict:
    """What the cards' state, the time and the uses come to."""
    if snapshot.state != MISMATCH:
        return Verdict(NOTHING, f"the cards' state is: {snapshot.state}")
    if not when.holds(now):
        return Verdict(WAIT, f"{snapshot.why}; it is mended from {when.begins:%H:%M} to {when.ends:%H:%M}")
    processes = [f"process {each.pid}" for card in snapshot.cards for each in card.processes]
    busy = [*uses.jobs, *uses.holders, *processes]
    if busy:
        return Verdict(WAIT, f"{snapshot.why}; the cards are used by {', '.join(dict.fromkeys(busy))}")
    return Verdict(RELOAD, snapshot.why)


def may_restart(uses: Uses, cause: str, before: str, *, allowed: bool) -> Verdict:
    """Whether the host is restarted where the driver could not be exchanged while it runs.

    Args:
        uses: as they are now.
        cause: the mismatch, with its versions.
        before: for which cause it was restarted last: once for each, so that no host restarts for ever.
        allowed: by the owner.
    """
    if not allowed:
        return Verdict(
            WAIT, "only a restart of the host helps, which gpu_telemetry_mend_restart does not allow"
        )
    if before == cause:
        return Verdict(WAIT, "the host was restarted for that already, and that did not help")
    busy = [*uses.jobs, *uses.people]
    if busy:
        return Verdict(WAIT, f"only a restart of the host helps; in its way is {', '.join(busy)}")
    return Verdict(RESTART, cause)

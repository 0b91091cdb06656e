"""When a host has to end, from the account of its running time. Pure: no clock, no file, no process."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

GRACE_S = 600.0
"""What a host that was ended and is started again runs at least, in all, before it is ended again: time to extend it."""

MOST = 1e9
"""Of seconds, hours and dollars: 31 years of seconds. What is more is a broken file, and would make a date that is none."""
LATEST = 1e10
"""Of times of day, in seconds of the epoch: the year 2286."""

AMOUNTS = ("max_hours", "max_cost_usd", "price_usd_per_hour", "idle_minutes", "busy_cpus", "busy_gpu_percent")
"""The fields of `Limits` that are a number from 0 to MOST."""

UNTIL = "its reserved time, at the end of which the cloud takes it back"

UNSEEN_S = 120.0
"""After so long without a look nobody can say that the host was idle; looks are half a minute apart."""


@dataclass(frozen=True)
class Limits:
    """What the role's variables allow. 0 is no limit."""

    max_hours: float
    max_cost_usd: float
    price_usd_per_hour: float
    idle_minutes: float
    warn_minutes: tuple[float, ...]
    busy_cpus: float
    busy_gpu_percent: float
    spot_units: tuple[str, ...] = ()
    """Patterns of the units that get SIGTERM when EC2 takes the host back."""
    until_s: float = 0.0
    """The time of day, in seconds of the epoch, after which the host is taken back whatever its account says; 0 is none."""


@dataclass(frozen=True)
class Moment:
    """Where in which run of the host we are. A run is from the start of its first process to the next."""

    run: str
    """Names the run; no two are alike."""
    seconds: float
    """Since the run began, by a clock that nobody sets."""


@dataclass(frozen=True)
class Extension:
    """More that somebody granted."""

    at: str
    """UTC, ISO 8601."""
    by: str
    hours: float
    usd: float


@dataclass(frozen=True)
class End:
    """The host was told to power off."""

    at: str
    """UTC, ISO 8601."""
    run: str
    spent_s: float
    reason: str


@dataclass(frozen=True)
class Notice:
    """What EC2 has said of the end of a spot host in this run. Times are UTC, ISO 8601; empty where it has not said it."""

    run: str
    action: str = ""
    """`terminate`, `stop` or `hibernate`."""
    at: str = ""
    noticed_at: str = ""
    advised_at: str = ""
    """When EC2 recommended to move elsewhere, which it may do long before the notice, or never."""
    signalled: tuple[str, ...] = ()
    """Units that have had SIGTERM."""


@dataclass(frozen=True)
class Ledger:
    """The account of a host."""

    earlier_s: float
    """Running time of all runs before this one."""
    now: Moment
    """When it was looked at last."""
    used_s: float
    """When in this run somebody or something was last seen to use it."""
    extensions: tuple[Extension, ...] = ()
    ended: End | None = None
    """The last end; None when there was none, or the host was extended since."""

    @property
    def spent_s(self) -> float:
        """Seconds that the host has run in all."""
        return self.earlier_s + self.now.seconds

    @property
    def more_hours(self) -> float:
        """Granted in all, as `more_usd`."""
        return sum(each.hours for each in self.extensions)

    @property
    def more_usd(self) -> float:
        """Dollars that were granted."""
        return sum(each.usd for each in self.extensions)

    @property
    def idle_s(self) -> float:
        """Seconds since it was last seen in use."""
        return self.now.seconds - self.used_s


@dataclass(frozen=True)
class Bound:
    """One limit, and how far it is."""

    reason: str
    left_s: float
    """Of running time, should nothing change. 0 or less: it is reached."""
    remedy: str
    """The command's words that put it off; empty where there are none."""
    whole_s: float = math.inf
    """How far it is when it begins again: what is not shorter is no time for a warning."""


@dataclass(frozen=True)
class Verdict:
    """What to do now."""

    action: str
    """`keep`, `warn` or `end`."""
    bound: Bound | None
    """The limit that comes first; None when there is none."""
    level: float = math.inf
    """The smallest number of warn_minutes that what is left is within."""


def parse_limits(given: Mapping[str, object]) -> Limits:
    """The limits from what the role wrote. Raises KeyError, TypeError or ValueError where that is not what they are."""
    warn, units = given["warn_minutes"], given.get("spot_units", [])
    if not isinstance(warn, list) or not isinstance(units, list):
        raise TypeError(f"warn_minutes {warn!r} and spot_units {units!r} have to be lists")
    return Limits(
        **{name: amount(given[name]) for name in AMOUNTS},
        warn_minutes=tuple(map(amount, warn)),
        spot_units=tuple(map(str, units)),
        until_s=amount(given.get("until_s", 0.0), most=LATEST),
    )


def amount(given: object, most: float = MOST) -> float:
    """A number from 0 to `most`. Raises TypeError or ValueError for anything else."""
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise TypeError(f"{given!r} is no number")
    if not 0 <= given <= most:
        shown = f"{given:.6g}" if isinstance(given, float) else "a whole number"
        raise ValueError(f"{shown} is not from 0 to {most:g}")
    return float(given)


def counted(ledger: Ledger, now: Moment, *, in_use: bool) -> Ledger:
    """The account as of now. The first look at a run, and one after a long silence, counts as a use."""
    if now.run != ledger.now.run:
        return replace(ledger, earlier_s=ledger.spent_s, now=now, used_s=now.seconds)
    seconds = max(now.seconds, ledger.now.seconds)
    silence = seconds - ledger.now.seconds
    return replace(
        ledger,
        now=replace(now, seconds=seconds),
        used_s=seconds if in_use or silence > UNSEEN_S else ledger.used_s,
    )


def decide(ledger: Ledger, limits: Limits, *, warned: float, wall_s: float = 0.0) -> Verdict:
    """What to do; `warned` is the level of the look before, infinite when there was none. `wall_s` as in `bounds`."""
    if ledger.ended and ledger.ended.run == ledger.now.run:
        return Verdict(action="end", bound=Bound(reason=ledger.ended.reason, left_s=0.0, remedy=""))
    bound = first(bounds(ledger, limits, wall_s))
    if bound is None:
        return Verdict(action="keep", bound=None)
    if bound.left_s <= 0:
        return Verdict(action="end", bound=bound)
    within = (each for each in limits.warn_minutes if bound.left_s <= each * 60 < bound.whole_s)
    level = min(within, default=math.inf)
    return Verdict(action="warn" if level < warned else "keep", bound=bound, level=level)


def bounds(ledger: Ledger, limits: Limits, wall_s: float = 0.0) -> tuple[Bound, ...]:
    """The limits there are. That of idleness is one while the host is idle.

    `wall_s` is the time of day, in seconds of the epoch; 0 where it is not known, and `until_s` cannot be kept.
    """
    ended = ledger.ended
    # Of running time, not since the start: a host that boots again and again uses it up like any other.
    again = ended is not None and ended.run != ledger.now.run
    grace_s = ended.spent_s + GRACE_S - ledger.spent_s if ended and again else -math.inf
    found = []
    if limits.max_hours:
        hours = limits.max_hours + ledger.more_hours
        left_s = max(hours * 3600 - ledger.spent_s, grace_s)
        found.append(Bound(reason=f"{hours:.6g} hours in all", left_s=left_s, remedy="extend --hours 2"))
    if limits.max_cost_usd and limits.price_usd_per_hour:
        usd, price = limits.max_cost_usd + ledger.more_usd, limits.price_usd_per_hour
        left_s = max(usd / price * 3600 - ledger.spent_s, grace_s)
        reason = f"{usd:.6g} USD at {price:.6g} USD an hour"
        found.append(Bound(reason=reason, left_s=left_s, remedy="extend --usd 5"))
    if limits.until_s and wall_s:
        # Nothing puts it off, nor is there time to after a restart: the cloud takes the host back then.
        found.append(Bound(reason=UNTIL, left_s=limits.until_s - wall_s, remedy=""))
    if limits.idle_minutes and ledger.idle_s > 0:
        whole_s = limits.idle_minutes * 60
        reason = f"{limits.idle_minutes:.6g} minutes unused"
        found.append(Bound(reason=reason, left_s=whole_s - ledger.idle_s, remedy="", whole_s=whole_s))
    return tuple(found)


def first(found: Sequence[Bound]) -> Bound | None:
    """The limit that comes first."""
    return min(found, key=lambda bound: bound.left_s, default=None)


def extended(ledger: Ledger, limits: Limits, more: Extension) -> Ledger:
    """The account with more hours or dollars from now on, also where the limit was passed already.

    Raises ValueError for what has no limit that could be put off.
    """
    if more.hours and not limits.max_hours:
        raise ValueError("this host has no limit of hours")
    if more.usd and not (limits.max_cost_usd and limits.price_usd_per_hour):
        raise ValueError("this host has no limit of cost")
    hours = ledger.spent_s / 3600
    over_hours = hours - limits.max_hours - ledger.more_hours if more.hours else 0.0
    over_usd = hours * limits.price_usd_per_hour - limits.max_cost_usd - ledger.more_usd if more.usd else 0.0
    granted = replace(more, hours=more.hours + max(over_hours, 0.0), usd=more.usd + max(over_usd, 0.0))
    return replace(ledger, extensions=(*ledger.extensions, granted), ended=None)

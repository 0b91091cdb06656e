"""Lengths of time and times of day as people type and read them: `4h`, `1h30m`, `14:00`. Reads no clock."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?)([dhms])")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


def seconds(text: str) -> float:
    """A length of time. Raises ValueError for what is none."""
    said = text.strip().lower()
    parts = _PART.findall(said)
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != said or total <= 0:
        raise ValueError(f"{text!r} is no length of time: 30m, 4h, 1h30m or 2d")
    return total


def moment(text: str, now: datetime) -> datetime:
    """The next time of day `14:00`, or a date with a time. Without a zone it is that of `now`. Raises ValueError for what is none."""
    said = text.strip()
    if said == "now":
        return now
    clock = _CLOCK.fullmatch(said)
    try:
        if clock:
            at = now.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
            return at if at > now else at + timedelta(days=1)
        at = datetime.fromisoformat(said)
    except ValueError:
        raise ValueError(
            f"{text!r} is no time: 14:00, or 2027-01-31T14:00 for another day than the next"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)


def length(amount: float) -> str:
    """Seconds in words that are short: `2 h 5 min`."""
    minutes, rest = divmod(int(max(amount, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{rest} s"


def clock(at: float, now: float) -> str:
    """A time in this host's zone: the hour, and the day where that is another."""
    there, here = datetime.fromtimestamp(at).astimezone(), datetime.fromtimestamp(now).astimezone()
    return f"{there:%H:%M}" if there.date() == here.date() else f"{there:%Y-%m-%d %H:%M}"

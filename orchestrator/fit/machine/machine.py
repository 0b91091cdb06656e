"""What is asked of a machine and what came of it. Values, and how plugs are written; decides nothing."""

import re
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.errors import UsageError

PLUGS = ("6-pin", "8-pin", "12-pin", "16-pin", "EPS-8-pin")
"""Plugs of a power supply that a card can take. An 8-pin (6+2) goes into a 6-pin socket."""
_SPELLINGS = {
    "6pin": "6-pin",
    "8pin": "8-pin",
    "62pin": "8-pin",
    "12pin": "12-pin",
    "16pin": "16-pin",
    "12vhpwr": "16-pin",
    "12v2x6": "16-pin",
    "eps8pin": "EPS-8-pin",
    "eps": "EPS-8-pin",
    "cpu8pin": "EPS-8-pin",
}


class State(StrEnum):
    """What a check came to."""

    OK = "ok"
    NARROW = "narrow"
    """It works, with less than could be."""
    UNKNOWN = "unknown"
    """A figure is missing: to be looked up for the very card or part."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What was said of it; 0 and None for what was not."""

    power_supply_w: int = 0
    atx: int = 2
    """Generation of the power supply: 3, which bears more for an instant, or 2."""
    cpu_w: int = 0
    case_length_mm: int = 0
    """For a card, from the rear of the case to what comes first: a fan, a drive."""
    slots: int = 0
    """Expansion slots that are free."""
    connectors: tuple[str, ...] | None = None
    """Free plugs of the power supply, one by one."""
    pcie_lanes: int = 0
    """Of all slots with cards together."""
    pcie_generation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that has to go together."""

    name: str
    state: State
    have: str
    need: str
    reason: str = ""
    buy: str = ""
    """What helps; empty where nothing is to be done."""


def plugs(text: str) -> tuple[str, ...]:
    """`8-pin:3,16-pin:1` one by one.

    Raises:
        UsageError: it is something else.
    """
    found: list[str] = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        name, _, count = word.partition(":")
        plug = _SPELLINGS.get(re.sub(r"[^a-z0-9]", "", name.lower()))
        if plug is None or not re.fullmatch(r"\d{0,2}", count):
            raise UsageError(
                f"{word!r} is no plug of a power supply with its number",
                f"--connectors 8-pin:3,16-pin:1 of {', '.join(PLUGS)}",
            )
        found += [plug] * int(count or 1)
    return tuple(found)

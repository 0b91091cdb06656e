"""Which faults that a host's driver (Xid) or NVSwitch (SXid) reported count against the host. Pure.

The same numbers as in `gpuhost.xid.catalog`, which has their meanings and source: a job's own verdict is not taken for it.
"""

import re

FAULTS = frozenset(
    {46, 48, 54, 62, 64, 74, 79, 92, 94, 95, 110, 119, 120, 136, 140, 143, 155, 158, 167, 171, 172}
)
"""Those that NVIDIA's Xid catalog puts down to the card, not to a program."""

PROGRAMS = frozenset({8, 11, 13, 31, 32, 37, 38, 43, 44, 45, 63, 68, 69, 80, 93, 109, 121, 137, 156, 160})
"""Those that it puts down to a program, or has nothing done for."""

BY_THEIR_WORD = frozenset({*range(144, 151), 154})
"""Those that are a fault where the line in the log says so."""

_WRITTEN = re.compile(
    r"(?P<label>(?P<kind>S?Xid) (?P<number>[0-9]{1,6})(?: (?:on )?\(?[0-9a-fA-F:.]{1,20}\)?)?)(?P<fatal>, fatal)?(?:, at .*)?"
)


def by_its_word(written: str) -> bool:
    """True where the number alone does not say whether it is a fault, and no word beside it does."""
    found = _WRITTEN.fullmatch(written)
    return (
        found is not None
        and found["fatal"] is None
        and found["kind"] == "Xid"
        and int(found["number"]) in BY_THEIR_WORD
    )


def fault(written: str) -> str | None:
    """The fault without its time, `Xid 79 on 0000:3b:00`; empty where it is a program's. None: it cannot be read, or is in no list."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return None
    number, fatal = int(found["number"]), found["fatal"] is not None
    if found["kind"] == "SXid" or number in BY_THEIR_WORD:
        return found["label"] if fatal else ""
    if number in FAULTS:
        return found["label"]
    return "" if number in PROGRAMS else None

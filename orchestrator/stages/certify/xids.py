"""Which faults that a host's driver (Xid) or NVSwitch (SXid) reported count against the host. Pure.

The same numbers as in `gpuhost.xid.catalog`, which has their meanings and source: a job's own verdict is not taken for it.
"""

import re

FAULTS = frozenset(
    {46, 48, 54, 62, 64, 74, 79, 92, 94, 95, 110, 119, 120, 136, 140, 143, 155, 158, 167, 171, 172}
)
"""Those that NVIDIA's Xid catalog puts down to the card, not to a program."""

BY_THEIR_WORD = frozenset({*range(144, 151), 154})
"""Those that are a fault where the line in the log says so."""

_WRITTEN = re.compile(
    r"(?P<label>(?P<kind>S?Xid) (?P<number>[0-9]{1,6}) (?:on )?\(?[0-9a-f:.]{1,20}\)?)(?P<fatal>, fatal)?(?:, at .*)?"
)


def fault(written: str) -> str | None:
    """The fault without its time, `Xid 79 on 0000:3b:00`; empty where it is a program's. None: it cannot be read."""
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return None
    number, fatal = int(found["number"]), found["fatal"] is not None
    said = found["kind"] == "SXid" or number in BY_THEIR_WORD
    return found["label"] if (fatal if said else number in FAULTS) else ""

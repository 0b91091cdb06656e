"""What speaks against this host's cards: asked of the program that ran the certified jobs, in a process of its own.

NVIDIA's library can hang in the driver, and nothing that waits for it then can be ended: it is killed and not waited for.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gpuhost.recheck.records import PROGRAM, UNREADABLE

_ANSWER_S = 120.0
"""To wake a card takes seconds; the journal of a month, half a minute."""

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from workloads.card_faults import main; sys.exit(main())"


@dataclass(frozen=True)
class Cards:
    """What was found."""

    faults: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    """What could not be told, and why."""
    xids: tuple[str, ...] = ()
    """All faults in the kernel's log, known ones too."""


def look(folder: Path, record: str) -> Cards:
    """Compare the cards with what is on record of them.

    Args:
        folder: where the program and the record lie.
        record: the file with what was certified.
    """
    # By the host's own Python: the environment may be its users' to write, and this runs as root.
    argv = (sys.executable, "-EsB", "-c", _START, str(folder / PROGRAM), str(folder / record))
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        answer, complaint = child.communicate(timeout=_ANSWER_S)
    except subprocess.TimeoutExpired:
        child.kill()
        return Cards(unread=(f"the cards do not answer within {_ANSWER_S:g} s",))
    try:
        told = json.loads(answer)
        return Cards(*(tuple(map(str, told[name])) for name in ("faults", "unread", "xids")))
    except UNREADABLE:
        said = complaint.decode(errors="replace").strip().splitlines() or [f"exit code {child.returncode}"]
        return Cards(unread=(f"the cards cannot be read: {said[-1][:200]}",))

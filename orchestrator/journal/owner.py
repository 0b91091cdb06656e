"""The mark of a state folder. What carries another one, or none, is somebody else's."""

import re
from pathlib import Path
from secrets import token_hex

from orchestrator.computer.files import make_private, write_once
from orchestrator.errors import OrchestrateError

_MARK = re.compile("[0-9a-z]{1,32}")
"""It becomes part of names that engines and clouds take."""


def owner(root: Path) -> str:
    """Who the fleets of this state folder belong to: twelve hexadecimal digits, made when first asked for.

    Several people may share an account of a cloud or a container engine; only what carries this mark is ours.

    Raises:
        OrchestrateError: what is in the file is no mark.
    """
    path = root / "owner"
    make_private(root)
    if not path.exists():
        write_once(path, f"{token_hex(6)}\n".encode())
    mark = path.read_text(encoding="utf-8", errors="replace").strip()
    if _MARK.fullmatch(mark) is None:
        raise OrchestrateError(
            f"{path} holds no owner's mark",
            "put back what it held; or move it away, and `orchestrate gc` names whose fleets are there to be taken over",
        )
    return mark

"""What the roles' work on this host stands on now, as digests by section: equal digests mean that nothing of it changed.

Every section covers more than what the roles write, for example all of /etc: a change that is nobody's business costs a run
of the roles that changes nothing; a change that was missed would stay. Reads, and asks systemd and nft; changes nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from gpuhost.state import files, programs


def main(folders: Sequence[str]) -> int:
    """Print the digests of this host; the folders are looked at beside the usual ones."""
    sys.stdout.write(json.dumps(read(Path("/"), folders)) + "\n")
    return 0


def read(root: Path, folders: Iterable[str]) -> dict[str, str]:
    """Digests by section: a path, or `systemd`, `firewall`, `hardware`, `kernel`.

    Raises:
        OSError: something that has to be looked at cannot be read.
    """
    return {**files.digests(root, folders), **programs.digests(root)}

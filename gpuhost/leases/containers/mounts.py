"""The folder of a job where Docker finds it: the very one that its user could open, whatever its path leads to by then."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

FOLDER = Path("/run/orchestrate-containers")
"""Root's: nobody else changes what is in it."""
_CALL_S = 10.0


def make(number: int, handle: int) -> Path:
    """Mount the open folder for a job; return where. Raises OSError or SubprocessError."""
    clear(number)
    FOLDER.mkdir(mode=0o711, exist_ok=True)
    place = FOLDER / str(number)
    place.mkdir()
    argv = ("mount", "--bind", f"/proc/self/fd/{handle}", str(place))
    subprocess.run(argv, pass_fds=(handle,), capture_output=True, timeout=_CALL_S, check=True)
    return place


def clear(number: int) -> None:
    """Have it gone."""
    place = FOLDER / str(number)
    if os.path.ismount(place):
        with suppress(OSError, subprocess.SubprocessError):
            subprocess.run(
                ("umount", "--lazy", str(place)), capture_output=True, timeout=_CALL_S, check=False
            )
    with suppress(OSError):
        place.rmdir()

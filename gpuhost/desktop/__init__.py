"""What a user's display needs before its X server runs, and after.

    gpuhost desktop prepare DISPLAY   a password, the X server's form of it, a key to the display; no lock of a dead server
    gpuhost desktop ready DISPLAY     wait until the X server answers

Runs as that user; draws nothing.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Sequence
from pathlib import Path

from gpuhost.desktop.display import READY_S, Display, DisplayError, prepare, wait_until_ready


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    step, number = arguments
    os.umask(0o077)
    display = Display(int(number), Path(pwd.getpwuid(os.getuid()).pw_dir))
    try:
        prepare(display) if step == "prepare" else wait_until_ready(display, READY_S)
    except (DisplayError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0

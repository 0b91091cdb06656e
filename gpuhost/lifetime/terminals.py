"""Words into the journal, and on the terminals of everybody who sits at one.

These not by wall(1): Debian 13 keeps no record of who is at which terminal, so there it reaches nobody who came by SSH.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def announce(text: str) -> None:
    """To the journal and every terminal."""
    say(text)
    tell(text, terminals())


def say(line: str) -> None:
    """Into the journal, or to whoever typed the command."""
    sys.stderr.write(line.rstrip("\n") + "\n")
    sys.stderr.flush()


def terminals() -> tuple[Path, ...]:
    """Windows, logins by SSH, panes; and consoles while they belong to somebody who logged in."""
    consoles = (path for path in Path("/dev").glob("tty[0-9]*") if path.stat().st_uid != 0)
    return (*sorted(Path("/dev/pts").glob("[0-9]*")), *sorted(consoles))


def tell(text: str, places: Iterable[Path]) -> None:
    """Write the lines there, with a bell. One that is gone or does not take them is passed over."""
    lines = [f"\aMessage from {os.uname().nodename}:", *text.splitlines()]
    words = "".join(f"\r\n{line}" for line in ["", *lines, ""])
    for path in places:
        with suppress(OSError):
            # Not as our own terminal, and without waiting for one that was halted with Ctrl-S.
            handle = os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                os.write(handle, words.encode())
            finally:
                os.close(handle)

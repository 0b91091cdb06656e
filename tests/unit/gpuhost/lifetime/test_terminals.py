"""Words on terminals, with real ones."""

import os
from pathlib import Path

from gpuhost.lifetime import terminals as lifetime


def test_words_arrive_at_a_terminal_line_by_line_and_a_terminal_that_is_gone_stops_nobody() -> None:
    ours, theirs = os.openpty()
    place = Path(os.ttyname(theirs))
    lifetime.tell("one\ntwo\n", (Path("/dev/pts/gone"), place))
    shown = os.read(ours, 1000).decode()
    os.close(ours)
    os.close(theirs)
    lines = [line for line in shown.splitlines() if line]
    assert lines == [f"\aMessage from {os.uname().nodename}:", "one", "two"]


def test_an_open_terminal_is_found() -> None:
    ours, theirs = os.openpty()
    place = Path(os.ttyname(theirs))
    found = lifetime.terminals()
    os.close(ours)
    os.close(theirs)
    assert place in found

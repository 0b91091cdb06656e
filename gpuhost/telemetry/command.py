"""Who and what is on this host's GPUs.

gpuhost gpus              what the cards do now, and whose processes are on them
gpuhost gpus --watch      each second anew, until q or Ctrl-C
gpuhost gpus --json       the snapshot
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import sys
import termios
import time
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from gpuhost.telemetry import read
from gpuhost.telemetry.display import Look, drawn

_EVERY_S = 1.0


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="gpuhost gpus", description="Who and what is on this host's GPUs.")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--watch", action="store_true", help="each second anew, until q or Ctrl-C")
    parser.add_argument("--history", action="store_true", help="the last ten minutes and the last day")
    parser.add_argument("--collect", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(read.CARDS_ALONE, action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.collect:
        from gpuhost.telemetry.observer import observed_once

        _print(json.dumps(observed_once(time.time(), cards_alone=given.cards_alone).as_dict()) + "\n")
        return 0
    try:
        if given.history:
            _print(_history(as_json=given.json))
        elif given.watch:
            _watch(as_json=given.json)
        else:
            _print(_shown(as_json=given.json))
    except (BrokenPipeError, KeyboardInterrupt):
        return 0
    return 0


def _shown(*, as_json: bool) -> str:
    snapshot = read.now()
    if as_json:
        return json.dumps(snapshot.as_dict()) + "\n"
    columns = shutil.get_terminal_size().columns
    return drawn(
        snapshot, Look(pictured=sys.stdout.isatty() and "NO_COLOR" not in os.environ, columns=columns)
    )


def _history(*, as_json: bool) -> str:
    from gpuhost.telemetry import trend
    from gpuhost.telemetry.daemon.history import FIGURES, MINUTES, SECONDS, recorded

    now, folder = time.time(), read.FILE.parent
    seconds, minutes = (recorded(folder, kind, now) for kind in (SECONDS, MINUTES))
    if as_json:
        told = {"figures": FIGURES, "seconds": vars(seconds), "minutes": vars(minutes)}
        return json.dumps(told) + "\n"
    return trend.drawn(seconds, "the last 10 minutes", now) + trend.drawn(minutes, "the last 24 hours", now)


def _watch(*, as_json: bool) -> None:
    """Until it is stopped. Where nobody looks at a terminal, one after the other."""
    if as_json or not (sys.stdout.isatty() and sys.stdin.isatty()):
        while True:
            _print(_shown(as_json=as_json))
            select.select((), (), (), _EVERY_S)
    with _screen():
        while True:
            # Each line is cleared behind its text, and what is below the last, so that nothing flickers.
            _print("\x1b[H" + _shown(as_json=False).replace("\n", "\x1b[K\n") + "\x1b[J")
            if select.select((sys.stdin,), (), (), _EVERY_S)[0] and sys.stdin.read(1) in {"q", "Q", ""}:
                return


@contextmanager
def _screen() -> Iterator[None]:
    """The terminal's other screen, without a cursor, with keys as they are pressed; as it was afterwards."""
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    _print("\x1b[?1049h\x1b[?25l")
    try:
        yield
    finally:
        _print("\x1b[?25h\x1b[?1049l")
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _print(told: str) -> None:
    sys.stdout.write(told)
    sys.stdout.flush()

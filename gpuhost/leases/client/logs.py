"""What a job printed, to its end if that is asked for: `gpuhost logs`."""

from __future__ import annotations

import argparse
import os
import select
import sys
import time
from collections.abc import Sequence
from functools import partial

from gpuhost.leases.client.connection import AskError
from gpuhost.leases.client.follow import CANCELED, Log, code_of, ended_line, follow
from gpuhost.leases.places import LOG, folder


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="gpuhost logs", description="What a job printed.")
    parser.add_argument("-f", "--follow", action="store_true", help="until it ends; Ctrl-C leaves it running")
    parser.add_argument("--from-byte", type=int, default=0, metavar="N", help="leave out so many")
    parser.add_argument("--attached", action="store_true", help="stop where standard input ends")
    parser.add_argument("job", type=int, help="its number")
    given = parser.parse_args(arguments)
    try:
        log = Log(folder(given.job) / LOG, given.from_byte)
        log.copy()
        if not given.follow:
            return 0
        job = follow(given.job, time.time, partial(_shown, log) if given.attached else log.copy)
    except AskError as error:
        sys.stderr.write(f"gpuhost logs: {error}\n")
        return 2
    except KeyboardInterrupt:
        return CANCELED
    if line := ended_line(job):
        sys.stderr.write(f"gpuhost: {line}\n")
    return code_of(job)


def _shown(log: Log) -> None:
    """What is new, while somebody is there to read it: whoever follows from another computer may have gone."""
    if select.select([sys.stdin], [], [], 0)[0] and not os.read(sys.stdin.fileno(), 2**12):
        raise KeyboardInterrupt
    log.copy()

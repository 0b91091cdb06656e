"""Ending jobs and reservations: `gpuhost cancel`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

from gpuhost.leases.client.connection import AskError, asked
from gpuhost.leases.client.follow import follow


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="gpuhost cancel", description="End jobs and reservations; one's own, or as root anybody's."
    )
    parser.add_argument("job", type=int, nargs="+", help="its number, or a reservation's")
    parser.add_argument("--wait", action="store_true", help="return once all its processes are gone")
    given = parser.parse_args(arguments)
    return max(_canceled(number, wait=given.wait) for number in given.job)


def _canceled(number: int, *, wait: bool) -> int:
    try:
        asked({"do": "cancel", "id": number})
        if wait:
            follow(number, time.time, lambda: None)
    except AskError as error:
        sys.stderr.write(f"gpuhost cancel: {error}\n")
        return 2
    sys.stdout.write(f"{number} is canceled\n")
    return 0

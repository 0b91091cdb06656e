"""Memory of GPUs that dead, orphaned or zombie processes hold: found, explained, and given back.

    gpuhost reap                     explains, and asks before it ends anything
    gpuhost reap --json              explains, for programs
    gpuhost reap --end PID@START …   ends these without a question, where they still are what they were found to be

Ends only what nobody waits for and does nothing: of one's own, or as root of anybody. SIGTERM at first, SIGKILL after ten seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict

from gpuhost.leases.client.connection import AskError, everything
from gpuhost.leases.reaping import ending, processes
from gpuhost.leases.reaping.judgement import IN_USE, Finding, Held, judged
from gpuhost.telemetry import read
from gpuhost.telemetry.snapshot import COMPUTE, Snapshot

UNEXPLAINED_BYTES = 512 * 2**20
"""Memory of a card without a process, from which it is told: the driver itself takes some."""


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="gpuhost reap", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="explain, as JSON, and end nothing")
    parser.add_argument("--end", nargs="+", metavar="PID@START", help="end these, as they were told")
    given = parser.parse_args(arguments)
    snapshot = read.now()
    found = findings(snapshot)
    if given.json:
        told = [asdict(each) | {"token": each.token, "may_be_ended": each.may_be_ended} for each in found]
        sys.stdout.write(json.dumps({"findings": told, "unexplained": unexplained(snapshot)}) + "\n")
        return 0
    if given.end:
        return _ended(found, given.end)
    worth = [each for each in found if each.kind != IN_USE]
    for each in worth:
        sys.stdout.write(in_words(each))
    sys.stdout.writelines(f"{line}\n" for line in unexplained(snapshot))
    if not worth:
        sys.stdout.write("no GPU memory is held for nothing\n")
    mine = [each for each in worth if each.may_be_ended and os.geteuid() in (0, each.uid)]
    return _asked(mine)


def findings(snapshot: Snapshot, again: Callable[[], Snapshot] = read.now) -> list[Finding]:
    """Every process that holds memory for computing, judged."""
    held: dict[int, list[Held]] = {}
    for card in snapshot.cards:
        computing = [process for process in card.processes if process.kind == COMPUTE]
        for process in computing:
            held.setdefault(process.pid, []).append(
                Held(
                    label=f"GPU {card.index}",
                    pid=process.pid,
                    memory_bytes=process.memory_bytes,
                    utilization_percent=card.utilization_percent,
                    alone=len(computing) == 1,
                )
            )
    if not held:
        return []
    seen = processes.seen(held, _job_states())
    # Who has ended while we looked holds nothing in a newer snapshot.
    left = {process.pid for card in again().cards for process in card.processes}
    local = processes.tells_of_this_system(held)
    return [
        judged(pid, each, seen.get(pid), local=local) for pid, each in sorted(held.items()) if pid in left
    ]


def unexplained(snapshot: Snapshot) -> list[str]:
    """Cards whose memory is taken though no process is told, in words."""
    lines = []
    for card in snapshot.cards:
        taken = (card.memory_used_bytes or 0) - (card.memory_reserved_bytes or 0)
        if not card.processes and not card.mig_enabled and taken > UNEXPLAINED_BYTES:
            lines.append(
                f"GPU {card.index}: {taken / 2**30:.1f} GiB are held by no process that can be seen: one in a container, or one that is dead\n"
                "  try: `sudo nvidia-smi --gpu-reset` once nobody uses it, or restart the host"
            )
    return lines


def in_words(found: Finding) -> str:
    """For a person."""
    whose = f"{found.command.split()[0] if found.command else 'process'} of {found.user or 'nobody known'}"
    lines = [
        f"{', '.join(found.labels)}: {found.memory_bytes / 2**30:.1f} GiB by process {found.pid} ({whose}): {found.kind}",
        f"  {found.explanation}",
    ]
    if found.action:
        lines.append(f"  try: {found.action}")
    return "".join(f"{line}\n" for line in lines)


def _asked(mine: Iterable[Finding]) -> int:
    code = 0
    for each in mine:
        if not sys.stdin.isatty():
            sys.stderr.write(
                f"nobody is there to be asked about process {each.pid}\n  try: gpuhost reap --end {each.token}\n"
            )
            code = 1
            continue
        sys.stderr.write(f"End process {each.pid}? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            sys.stdout.write(f"process {each.pid}: {ending.end(each.pid, each.started)}\n")
    return code


def _ended(found: Iterable[Finding], tokens: Sequence[str]) -> int:
    known = {each.token: each for each in found}
    code = 0
    for token in tokens:
        each = known.get(token)
        if each is None:
            said = "it holds no GPU memory any more"
        elif not each.may_be_ended:
            said, code = f"it is not ended: {each.explanation}", 1
        elif os.geteuid() not in (0, each.uid):
            said, code = f"it is {each.user}'s: only {each.user} and root may end it", 1
        else:
            said = ending.end(each.pid, each.started)
        sys.stdout.write(f"process {token.partition('@')[0]}: {said}\n")
    return code


def _job_states() -> dict[int, str]:
    try:
        return {int(job["id"]): str(job["state"]) for job in everything()["jobs"]}
    except AskError:
        return {}

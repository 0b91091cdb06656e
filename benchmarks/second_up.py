"""What `orchestrate up` takes when nothing is left to do, for one host, for four and for sixteen.

Rival: `ansible-playbook` with the same playbooks, inventory, hosts and roles, run in turn with it; on sixteen hosts only `up`, because the
rival's first run there would say nothing that four do not. Needs a container engine; makes fleets of its own and takes them away.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from orchestrator.config import ROLES

PROGRAMS = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parent.parent
FLEET = "bench-second-up"
ROUNDS = 3
FLEETS = ((1, True), (4, True), (16, False))
"""Hosts, and whether the rival runs."""


def main() -> None:
    """Bring each fleet up, then measure both in turns on it."""
    print(
        f"{'hosts':>5}  {'up --no-validate':>16}  {'up --full':>9}  {'ansible-playbook':>16}  {'times as fast':>13}"
    )
    for hosts, with_rival in FLEETS:
        with tempfile.TemporaryDirectory() as state:
            measure(hosts, state, with_rival=with_rival)


def measure(hosts: int, state: str, *, with_rival: bool) -> None:
    """Print one line for a fleet of so many hosts."""
    environment = os.environ | {"XDG_STATE_HOME": state, "ORCHESTRATE_NAME": FLEET}
    orchestrate = str(PROGRAMS / "orchestrate")
    up = (orchestrate, "up", "--no-validate", "--hosts", str(hosts))
    folder = Path(state) / "orchestrate/fleets" / FLEET
    play: tuple[str, ...] = (
        str(PROGRAMS / "ansible-playbook"),
        "-i",
        str(folder / "inventory.yml"),
        "playbooks/site.yml",
    )
    try:
        seconds(up, environment)
        planned = json.loads((folder / "plan.json").read_text(encoding="utf-8"))["roles"]
        play += ("--skip-tags", ",".join(sorted({*ROLES} - {*planned})))
        ours, full, theirs = [], [], []
        for _ in range(ROUNDS):
            ours.append(seconds(up, environment))
            if with_rival:
                theirs.append(seconds(play, environment))
                full.append(seconds((*up, "--full"), environment))
    finally:
        seconds((orchestrate, "down", "--yes"), environment)
    line = f"{hosts:5}  {statistics.median(ours):14.1f} s"
    if with_rival:
        ratio = statistics.median(their / our for our, their in zip(ours, theirs, strict=True))
        line += f"  {statistics.median(full):7.1f} s  {statistics.median(theirs):14.1f} s  {ratio:13.1f}"
    print(line, flush=True)


def seconds(argv: tuple[str, ...], environment: dict[str, str]) -> float:
    """Wall-clock time of one run, which has to succeed."""
    began = time.monotonic()
    subprocess.run(argv, env=environment, cwd=ROOT, check=True, capture_output=True, timeout=1800)
    return time.monotonic() - began


if __name__ == "__main__":
    main()

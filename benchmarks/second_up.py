"""What `orchestrate up` adds to Ansible when nothing is left to do.

Rival: `ansible-playbook` with the same playbooks, inventory and host, run in turn with it. Needs a container engine; makes a
fleet of its own and takes it away.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAMS = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parent.parent
FLEET = "bench-second-up"
ROUNDS = 3


def main() -> None:
    """Bring a fleet up, then measure both in turns on it."""
    with tempfile.TemporaryDirectory() as state:
        environment = os.environ | {"XDG_STATE_HOME": state, "ORCHESTRATE_NAME": FLEET}
        up = (str(PROGRAMS / "orchestrate"), "up", "--no-validate")
        inventory = f"{state}/orchestrate/fleets/{FLEET}/inventory.yml"
        play = (str(PROGRAMS / "ansible-playbook"), "-i", inventory, "playbooks/site.yml")
        try:
            seconds(up, environment)
            pairs = [(seconds(up, environment), seconds(play, environment)) for _ in range(ROUNDS)]
        finally:
            seconds((str(PROGRAMS / "orchestrate"), "down", "--yes"), environment)
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(our / their for our, their in pairs)
    print(f"second `orchestrate up --no-validate`  {ours:.1f} s")
    print(f"ansible-playbook, the same playbooks   {theirs:.1f} s")
    print(f"ratio                                  {ratio:.2f}")


def seconds(argv: tuple[str, ...], environment: dict[str, str]) -> float:
    """Wall-clock time of one run, which has to succeed."""
    began = time.monotonic()
    subprocess.run(argv, env=environment, cwd=ROOT, check=True, capture_output=True, timeout=900)
    return time.monotonic() - began


if __name__ == "__main__":
    main()

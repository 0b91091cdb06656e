"""What Ansible adds to the first run of the default roles on a bare host.

Rival: one shell script that installs the same packages and Python environment and writes the same files, and decides nothing. It is
made from what the roles left: their packages, files and pinned wheels. Both start from the same image, on a fleet of one host each.
Needs a container engine; takes its fleets away.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ORCHESTRATE = str(Path(sys.executable).with_name("orchestrate"))
FLEETS = ("bench-roles", "bench-script")
ROUNDS = 2
PLACES = "/etc /usr/local /opt/ml/datasets /root/.keras /home"
ENVIRONMENT = "/opt/ml/envs/default"


def main() -> None:
    """Run both on hosts of their own, in turns."""
    ratios = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as state:
            roles, script = measure(os.environ | {"XDG_STATE_HOME": state})
        print(f"roles  {roles:6.1f} s   script  {script:6.1f} s   ratio  {roles / script:.2f}", flush=True)
        ratios.append(roles / script)
    print(f"best ratio of {ROUNDS}: {min(ratios):.2f}")


def measure(environment: dict[str, str]) -> tuple[float, float]:
    """Seconds of the roles and of the script."""
    ours, theirs = FLEETS
    try:
        for fleet in FLEETS:
            run(environment, "up", "--name", fleet, "--until", "launch")
        before = packages(environment, ours)
        on_host(environment, ours, "touch /run/before")
        done = json.loads(run(environment, "up", "--name", ours, "--no-validate", "--json"))
        roles = next(phase["seconds"] for phase in done["phases"] if phase["phase"] == "converge")
        script = script_of(environment, ours, packages(environment, ours) - before)
        began = time.monotonic()
        on_host(environment, theirs, "sh -e", stdin=script)
        return roles, time.monotonic() - began
    finally:
        for fleet in FLEETS:
            run(environment, "down", "--yes", "--name", fleet)


def script_of(environment: dict[str, str], fleet: str, added: set[str]) -> bytes:
    """Everything that the roles left on the fleet's host, as a script that makes it so."""
    wheels = on_host(environment, fleet, f"{ENVIRONMENT}/bin/python -m pip freeze --all").decode().split()
    written = on_host(
        environment,
        fleet,
        f"find {PLACES} -xdev \\( -type f -o -type l \\) -newercc /run/before -print0 | tar -cz --null -T - -f - | base64 -w 0",
    ).decode()
    unpack = f"echo {written} | base64 -d | tar -xz -C /"
    return "\n".join(
        (
            unpack,
            "export DEBIAN_FRONTEND=noninteractive",
            "apt-get -q update > /dev/null",
            f"apt-get -qy install --no-install-recommends {shlex.join(sorted(added))} > /dev/null",
            unpack,
            "update-ca-certificates > /dev/null",
            f"mkdir -p {Path(ENVIRONMENT).parent} && python3 -m venv {ENVIRONMENT}",
            f"{ENVIRONMENT}/bin/python -m pip -q install {shlex.join(wheels)}",
            "systemctl reload ssh",
            "",
        )
    ).encode()


def packages(environment: dict[str, str], fleet: str) -> set[str]:
    """What dpkg has installed on the fleet's host."""
    return set(on_host(environment, fleet, "dpkg-query -W -f '${Package}\\n'").decode().split())


def on_host(environment: dict[str, str], fleet: str, command: str, *, stdin: bytes = b"") -> bytes:
    """Run a command as root on the fleet's host."""
    argv = (ORCHESTRATE, "ssh", "--name", fleet, f"{fleet}-1", "--", "sudo", "sh", "-c", command)
    return subprocess.run(
        argv, env=environment, input=stdin, check=True, stdout=subprocess.PIPE, timeout=900
    ).stdout


def run(environment: dict[str, str], *words: str) -> bytes:
    """Run `orchestrate`; what it prints."""
    return subprocess.run(
        (ORCHESTRATE, *words), env=environment, check=True, capture_output=True, timeout=900
    ).stdout


if __name__ == "__main__":
    main()

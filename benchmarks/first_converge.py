"""What Ansible adds to the first run of the default roles on a bare host.

Rival: one shell script that installs the same packages and Python environment and writes the same files, and decides nothing. It is
made from what the roles left on a first host, which is not measured: their packages, files and pinned wheels. Then both start from
the same image, in turns, each first once: package servers are not equally fast from one minute to the next. Needs a container
engine; takes its fleets away.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ORCHESTRATE = str(Path(sys.executable).with_name("orchestrate"))
FLEET = "bench"
PLACES = "/etc /usr/local /opt/ml/datasets /root/.keras /home"
ENVIRONMENT = "/opt/ml/envs/default"


def main() -> None:
    """Run both on hosts of their own, in turns."""
    with tempfile.TemporaryDirectory() as state:
        environment = os.environ | {"XDG_STATE_HOME": state}
        with bare_host(environment):
            on_host(environment, "touch /run/before")
            before, there = packages(environment), files(environment)
            converge(environment)
            script = script_of(environment, packages(environment) - before, there - files(environment))
        seconds: dict[str, list[float]] = {"roles": [], "script": []}
        for name in ("roles", "script", "script", "roles"):
            with bare_host(environment):
                took = converge(environment) if name == "roles" else apply(environment, script)
            print(f"{name:6}  {took:6.1f} s", flush=True)
            seconds[name].append(took)
    print(f"ratio   {sum(seconds['roles']) / sum(seconds['script']):6.2f}")


@contextmanager
def bare_host(environment: dict[str, str]) -> Iterator[None]:
    """A host that no role was applied to, of a fleet of its own."""
    try:
        run(environment, "up", "--name", FLEET, "--until", "launch")
        yield
    finally:
        run(environment, "down", "--yes", "--name", FLEET)


def converge(environment: dict[str, str]) -> float:
    """Apply the default roles; the seconds it took."""
    done = json.loads(run(environment, "up", "--name", FLEET, "--no-validate", "--json"))
    return float(next(phase["seconds"] for phase in done["phases"] if phase["phase"] == "converge"))


def apply(environment: dict[str, str], script: bytes) -> float:
    """Run the script; the seconds it took."""
    began = time.monotonic()
    on_host(environment, "sh -e", stdin=script)
    return time.monotonic() - began


def script_of(environment: dict[str, str], added: set[str], gone: set[str]) -> bytes:
    """Everything that the roles left on the fleet's host, as a script that makes it so.

    Args:
        environment: of the commands.
        added: the packages that came.
        gone: the files that went.
    """
    wheels = on_host(environment, f"{ENVIRONMENT}/bin/python -m pip freeze --all").decode().split()
    written = on_host(
        environment,
        f"find {PLACES} -xdev \\( -type f -o -type l \\) -newercc /run/before -print0 | tar -czP --null -T - -f - | base64 -w 0",
    ).decode()
    unpack = f"echo {written} | base64 -d | tar -xzP -C /"
    return "\n".join(
        (
            unpack,
            f"rm -f {shlex.join(sorted(gone))}",
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


def packages(environment: dict[str, str]) -> set[str]:
    """What dpkg has installed on the fleet's host."""
    return set(on_host(environment, "dpkg-query -W -f '${Package}\\n'").decode().split())


def files(environment: dict[str, str]) -> set[str]:
    """The files on the fleet's host where roles write."""
    return set(
        on_host(environment, f"find {PLACES} -xdev ! -type d 2> /dev/null || true").decode().splitlines()
    )


def on_host(environment: dict[str, str], command: str, *, stdin: bytes = b"") -> bytes:
    """Run a command as root on the fleet's host."""
    argv = (ORCHESTRATE, "ssh", "--name", FLEET, f"{FLEET}-1", "--", "sudo", "sh", "-c", command)
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

"""Load sshd's settings, see that it answers, and take the settings back. Never writes settings of its own.

    ssh_server-restore.py '<plan as JSON>'

Its text is also the program that a timer on the host runs: it needs nothing but Python's own library. It puts the files back
that were kept, loads them, and restarts what a reload did not mend: sshd that re-executes itself can lose its sockets.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

BANNER = b"SSH-"
ANSWER_TIMEOUT_S = 5.0


def load(plan: dict[str, Any]) -> None:
    """Load the settings: by a reload, or by a restart where systemd holds the socket."""
    if plan["new_socket"]:
        restart(plan)
    elif plan["load"]:
        systemctl(plan["load"], plan["service"])


def restore(plan: dict[str, Any]) -> bool:
    """Put the kept files back and load them; whether sshd answers afterwards, where it did before."""
    kept = [(Path(one), Path(place)) for one, place in plan["kept"] if Path(one).exists()]
    for one, place in kept:
        shutil.copyfile(one, place)
    load(plan)
    done = answers(plan)
    if not done:
        restart(plan)
        done = answers(plan)
    # Last of all, in this order: the role takes the last file's end for the end of this.
    for one, _place in kept:
        one.unlink()
    return done


def restart(plan: dict[str, Any]) -> None:
    """Start sshd anew, and before it the socket that it is given: systemd refuses a socket whose service runs."""
    service, its_socket = plan["service"], plan["socket"]
    systemctl("daemon-reload")
    if service and its_socket:
        systemctl("stop", service)
    for unit in filter(None, (its_socket, service)):
        systemctl("restart", unit)


def answers(plan: dict[str, Any]) -> bool:
    """Whether a server of SSH greets at every port, within some seconds."""
    deadline = time.monotonic() + ANSWER_TIMEOUT_S
    while time.monotonic() < deadline:
        if all(any(greets(address, port) for address in plan["addresses"]) for port in plan["ports"]):
            return True
        time.sleep(0.2)
    return False


def greets(address: str, port: int) -> bool:
    """Whether a server of SSH greets there."""
    try:
        with socket.create_connection((address, port), timeout=1) as connection:
            return connection.recv(len(BANNER)) == BANNER
    except OSError:
        return False


def systemctl(*words: str) -> None:
    """Ask systemd; what it says goes to the journal of the caller."""
    subprocess.run(("systemctl", *words), stdin=subprocess.DEVNULL, check=False)


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    plan = json.loads(arguments[0])
    done = restore(plan)
    Path(plan["program"]).unlink()
    return 0 if done else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

"""A job from its inside: made of what was asked for and what it got, and its end told to the service.

gpuhost leases exec FOLDER     runs as the job's first process, and becomes what was asked for
gpuhost leases ended ID        runs as root once all its processes are gone
"""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from gpuhost.leases.containers import docker, mounts
from gpuhost.leases.containers.values import DOCKER, name_of
from gpuhost.leases.places import LEASE, ORDER, SOCKET, folder

NOT_FOUND, NOT_RUN = 127, 126
"""As a shell ends where there is no such program, or it cannot be run."""
_TELL_S = 5.0
_REMOVE_S = 8.0


def execute(own: Path) -> int:
    """Become the job; returns only where that cannot be."""
    order: dict[str, Any] = json.loads((own / ORDER).read_text())
    lease: dict[str, Any] = json.loads((own / LEASE).read_text())
    for line in lease["lines"]:
        sys.stderr.write(f"gpuhost: {line}\n")
    environment = {**os.environ, **order["environment"], **lease["environment"]}
    argv = [str(word) for word in order["argv"]]
    try:
        os.chdir(order["folder"])
        # Python has it ignored, and programs expect that it is not.
        _usual_signals()
        os.execvpe(argv[0], argv, environment)  # noqa: S606 - it is what the user asked for
    except FileNotFoundError as error:
        sys.stderr.write(f"gpuhost: {error.filename or argv[0]} is not there\n")
        return NOT_FOUND
    except OSError as error:
        sys.stderr.write(f"gpuhost: {argv[0]} cannot be run: {error}\n")
        return NOT_RUN


def ended(number: int) -> int:
    """Clear what only root can, and tell the service that it has ended, which looks by itself where it does not hear it."""
    if _has_container(number):
        if not docker.remove(name_of(number), _REMOVE_S):
            sys.stderr.write(f"gpuhost: Docker does not remove container {name_of(number)}\n")
        mounts.clear(number)
    with suppress(OSError), socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(_TELL_S)
        channel.connect(str(SOCKET))
        channel.sendall(json.dumps({"do": "ended", "id": number}).encode() + b"\n")
        channel.recv(1)
    return 0


def _has_container(number: int) -> bool:
    """Whether Docker may have something of it."""
    try:
        lease: dict[str, Any] = json.loads((folder(number) / LEASE).read_text())
    except (OSError, ValueError):
        return False
    return bool(lease.get("container", {}).get("engine") == DOCKER)


def _usual_signals() -> None:
    import signal

    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)

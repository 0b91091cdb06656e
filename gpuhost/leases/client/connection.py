"""A connection to the service: questions, answers, and how a job does."""

from __future__ import annotations

import errno
import json
import os
import select
import socket
from contextlib import closing
from pathlib import Path
from typing import Any

from gpuhost.leases.places import SOCKET, TOLD
from gpuhost.leases.srun import IN_CLUSTER

ANSWER_S = 60.0
_ATTEMPTS, _PAUSE_S = 20, 0.25


class AskError(Exception):
    """The service refuses, or is not there."""


class GoneError(AskError):
    """The service is not there, or went away: it may restart, and jobs run on meanwhile."""


class Connection:
    """One connection, to be closed."""

    def __init__(self, path: Path = SOCKET) -> None:
        self._received = b""
        try:
            self._channel = _connected(path)
        except OSError as error:
            raise GoneError(
                f"the service that gives leases is not there ({error.strerror})\n  try: {instead()}"
            ) from error

    def close(self) -> None:
        """Nothing more is asked."""
        self._channel.close()

    def ask(self, asked: dict[str, object]) -> dict[str, Any]:
        """Its answer. Raises AskError."""
        try:
            self._channel.sendall(json.dumps(asked).encode() + b"\n")
        except OSError as error:
            raise GoneError(f"the service that gives leases went away ({error.strerror})") from error
        told = self.told(ANSWER_S)
        if told is None:
            raise AskError(f"the service that gives leases has not answered for {ANSWER_S:.0f} s")
        if "error" in told:
            raise AskError(str(told["error"]))
        return told

    def told(self, seconds: float) -> dict[str, Any] | None:
        """The next that it says, within that time; None where it says nothing. Raises GoneError."""
        while b"\n" not in self._received:
            if not select.select([self._channel], [], [], seconds)[0]:
                return None
            try:
                got = self._channel.recv(2**16)
            except OSError:
                got = b""
            if not got:
                raise GoneError("the service that gives leases went away")
            self._received += got
        line, _, self._received = self._received.partition(b"\n")
        answer = json.loads(line)
        return answer if isinstance(answer, dict) else {}


def _connected(path: Path) -> socket.socket:
    """Where the service restarts, it is waited for a moment. Raises OSError."""
    for left in range(_ATTEMPTS - 1, -1, -1):
        channel = socket.socket(socket.AF_UNIX)
        channel.settimeout(ANSWER_S)
        code = channel.connect_ex(str(path))
        if code == 0:
            return channel
        channel.close()
        if code != errno.ECONNREFUSED or not left:
            raise OSError(code, os.strerror(code))
        select.select([], [], [], _PAUSE_S)
    raise OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


def instead(cluster: Path = IN_CLUSTER) -> str:
    """What to type where it is not there."""
    if cluster.exists():
        return "squeue and scancel; Slurm gives this host's GPUs out"
    return "systemctl status orchestrate-leases"


def asked(question: dict[str, object]) -> dict[str, Any]:
    """The answer to one question. Raises AskError."""
    with closing(Connection()) as connection:
        return connection.ask(question)


def everything() -> dict[str, Any]:
    """What everybody may know, as the service wrote it down. Raises AskError."""
    try:
        told = json.loads(TOLD.read_text())
    except (OSError, ValueError) as error:
        raise AskError(
            f"the service that gives leases is not there ({type(error).__name__})\n  try: {instead()}"
        ) from error
    return told if isinstance(told, dict) else {}

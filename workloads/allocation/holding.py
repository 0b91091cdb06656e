"""A card that a job has taken is not taken by the next one meanwhile: between looking and loading lie seconds.

Held by a socket with a name that the kernel keeps as long as the process lives, in no file. It reaches as far as the host's
network does: a container with a network of its own sees the card's memory in use, some seconds later.
"""

import contextlib
import socket
import struct

from workloads.host.gpu_processes import described_process

_NAME = "\0orchestrate-workloads/{}"
_CREDENTIALS = struct.Struct("3i")
"""struct ucred of unix(7): process, user, group."""


def hold(uuid: str) -> "socket.socket | str":
    """The hold, until it is closed or this process ends; or who has it."""
    own = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        own.bind(_NAME.format(uuid))
        own.listen(1)
    except OSError:
        own.close()
        return _holder(uuid)
    return own


def _holder(uuid: str) -> str:
    unknown = "a job that has just taken it"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as question, contextlib.suppress(OSError):
        question.settimeout(0)
        question.connect(_NAME.format(uuid))
        pid, _, _ = _CREDENTIALS.unpack(
            question.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        )
        return f"{described_process(pid)}, which has just taken it"
    return unknown

"""The port of this computer that a tunnel gets: chosen once, before anything is started."""

import socket
from contextlib import suppress

from orchestrator.errors import UsageError

LOOPBACK = "127.0.0.1"


def local_port(wanted: int | None, *, preferred: int) -> int:
    """A TCP port of 127.0.0.1 on which nothing listens.

    Args:
        wanted: the port that was asked for; no other will do.
        preferred: the port to take if it is free, so that a bookmark stays good; else any.

    Raises:
        UsageError: the port that was asked for cannot be had.
    """
    if wanted is not None:
        try:
            return _bound(wanted)
        except OSError as error:
            seen = "is in use" if not isinstance(error, PermissionError) else "may not be opened by you"
            raise UsageError(
                f"port {wanted} of this computer {seen}", "another --port, or none: a free one is found"
            ) from error
    with suppress(OSError):
        return _bound(preferred)
    return _bound(0)


def _bound(port: int) -> int:
    with socket.socket() as probe:
        # As ssh does it: connections of before that are not forgotten yet do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))
        return int(probe.getsockname()[1])

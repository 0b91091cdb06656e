"""What an SSH server of a test needs to forward TCP, as a tunnel or a jump host asks for it."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import paramiko
from paramiko.common import (
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_FAILED_CONNECT_FAILED,
    OPEN_SUCCEEDED,
)


class ForwardingServer(paramiko.ServerInterface):
    """Connects to where a client wants to be forwarded, if it may; `far_ends` has the sockets by channel."""

    def __init__(self, may_forward: Callable[[], bool]) -> None:
        self._may_forward = may_forward
        self.far_ends: dict[int, socket.socket] = {}

    def check_channel_direct_tcpip_request(
        self, chanid: int, origin: tuple[str, int], destination: tuple[str, int]
    ) -> int:
        if not self._may_forward():
            return OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        try:
            self.far_ends[chanid] = socket.create_connection(destination, timeout=5)
        except OSError:
            return OPEN_FAILED_CONNECT_FAILED
        return OPEN_SUCCEEDED


def copy_both_ways(channel: paramiko.Channel, far: socket.socket) -> None:
    """In two threads, until either end closes."""
    for pair in ((channel, far), (far, channel)):
        threading.Thread(target=_copy, args=pair, daemon=True).start()


def _copy(source: "socket.socket | paramiko.Channel", target: "socket.socket | paramiko.Channel") -> None:
    with suppress(OSError, EOFError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError, EOFError):
        target.close()

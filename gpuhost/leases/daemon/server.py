"""The service's socket: a message is a line of JSON, and so is the answer. Waits for no client."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import struct
import time
from contextlib import suppress
from typing import Any

from gpuhost.leases.daemon.service import Service
from gpuhost.leases.places import SOCKET

TICK_S = 1.0
MOST_BYTES = 4 * 2**20
"""Of a message: an environment may be large."""
MOST_CLIENTS = 500


class Client:
    """A connection, and the job that it watches."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel
        self._received, self._watched, self._told = b"", 0, ""

    def hear(self, service: Service) -> bool:
        """Answer what has come; False where there is nobody any more."""
        try:
            got = self.channel.recv(2**16)
            self._received += got
            if not got or len(self._received) > MOST_BYTES:
                return False
            *lines, self._received = self._received.split(b"\n")
            for line in lines:
                answer = service.answer(*self._peer(), line)
                self._watched = answer.get("watch", self._watched)
                self._send(answer)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def tell(self, service: Service) -> None:
        """How the job does that it watches, where that has changed."""
        if not self._watched:
            return
        job = service.job(self._watched)
        message = {"job": job.as_dict() if job else None}
        said = json.dumps(message)
        if said != self._told:
            self._told = said
            with suppress(OSError):
                self._send(message)

    def _peer(self) -> tuple[int, int]:
        """User and group at the other end, by the kernel."""
        raw = self.channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _pid, uid, gid = struct.unpack("3i", raw)
        return uid, gid

    def _send(self, message: dict[str, Any]) -> None:
        self.channel.send(json.dumps(message).encode() + b"\n")


class Server:
    """The socket and its connections."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._selector = selectors.DefaultSelector()
        self._clients: dict[int, Client] = {}

    def serve(self) -> int:
        """Until systemd says to stop; jobs run on."""
        stopped: list[int] = []
        wake, signalled = (_waiting_for_nobody(end) for end in socket.socketpair())
        signal.set_wakeup_fd(signalled.fileno())
        signal.signal(signal.SIGTERM, lambda number, _frame: stopped.append(number))
        listening = _listening()
        self._selector.register(listening, selectors.EVENT_READ)
        self._selector.register(wake, selectors.EVENT_READ)
        self._service.look()
        self._service.publish()
        _notify("READY=1")
        due = time.monotonic() + TICK_S
        while not stopped:
            for key, _ in self._selector.select(max(due - time.monotonic(), 0.0)):
                if key.fileobj is listening:
                    self._accept(listening)
                elif key.fd in self._clients and not self._clients[key.fd].hear(self._service):
                    self._drop(key.fd)
            if time.monotonic() >= due:
                due = time.monotonic() + TICK_S
                self._service.look()
            self._service.publish()
            for client in self._clients.values():
                client.tell(self._service)
        return 0

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            channel = _waiting_for_nobody(listening.accept()[0])
            if len(self._clients) >= MOST_CLIENTS:
                channel.close()
                return
            self._clients[channel.fileno()] = Client(channel)
            self._selector.register(channel, selectors.EVENT_READ)

    def _drop(self, number: int) -> None:
        channel = self._clients.pop(number).channel
        self._selector.unregister(channel)
        channel.close()


def _listening() -> socket.socket:
    SOCKET.parent.mkdir(mode=0o755, exist_ok=True)
    SOCKET.unlink(missing_ok=True)
    listening = _waiting_for_nobody(socket.socket(socket.AF_UNIX))
    listening.bind(str(SOCKET))
    # Everybody may ask; who asks tells the kernel.
    SOCKET.chmod(0o666)
    listening.listen(64)
    return listening


def _waiting_for_nobody(channel: socket.socket) -> socket.socket:
    channel.settimeout(0)
    return channel


def _notify(state: str) -> None:
    """Tell systemd, if it runs us (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        if address:
            channel.sendto(state.encode(), address.replace("@", "\0", 1))

"""What a tunnel may lead to: a server that speaks first, and one that says nothing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def saying(greeting: bytes) -> Iterator[int]:
    """A TCP server that greets and then returns whatever it gets; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, greeting), daemon=True).start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


def nobody() -> int:
    """A port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def said_on(port: int) -> bytes:
    """What a server says on a port of this computer when it is told `ping`, up to the first pause; empty when it is not there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            greeting = link.recv(64)
            link.sendall(b"ping")
            return greeting + link.recv(64)
    except OSError:
        return b""


def _accept(server: socket.socket, greeting: bytes) -> None:
    while True:
        try:
            link, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_echo, args=(link, greeting), daemon=True).start()


def _echo(link: socket.socket, greeting: bytes) -> None:
    with suppress(OSError), link:
        link.sendall(greeting)
        while data := link.recv(64):
            link.sendall(data)

"""A VNC server with one colour on its screen: RFC 6143 as far as a picture needs it, with a password that is not checked."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

WIDTH, HEIGHT = 8, 4
_PIXELS = struct.Struct(">BBBBHHHBBB3x")
_IN_32_BITS = _PIXELS.pack(32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
_IN_16_BITS = _PIXELS.pack(16, 16, 0, 1, 31, 63, 31, 11, 5, 0)
_MESSAGE_BYTES = {0: 20, 3: 10, 4: 8, 5: 6}
"""Length of a client's message, by type; SetEncodings, 2, says its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What the server shows, and whether it lets anybody in."""

    red: int
    green: int
    blue: int
    depth: int = 24
    refusal: str = ""


@contextmanager
def vnc_screen(screen: Screen) -> Iterator[int]:
    """Serve until the block ends; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, screen), daemon=True).start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, screen: Screen) -> None:
    while True:
        try:
            link, _ = server.accept()
        except OSError:
            return
        with suppress(OSError, EOFError), link:
            _serve(link, screen)


def _serve(link: socket.socket, screen: Screen) -> None:
    link.sendall(b"RFB 003.008\n")
    _read(link, 12)
    link.sendall(b"\x01\x02" + bytes(16))  # one kind of login, VncAuth, and at once its challenge
    _read(link, 17)
    if screen.refusal:
        link.sendall(struct.pack(">II", 1, len(screen.refusal)) + screen.refusal.encode())
        return
    link.sendall(bytes(4))
    _read(link, 1)
    pixels = _IN_16_BITS if screen.depth == 16 else _IN_32_BITS
    link.sendall(struct.pack(">HH", WIDTH, HEIGHT) + pixels + struct.pack(">I", 4) + b"test")
    while True:
        kind = _read(link, 1)[0]
        if kind == 2:
            _, count = struct.unpack(">BH", _read(link, 3))
            _read(link, 4 * count)
            continue
        said = _read(link, _MESSAGE_BYTES[kind] - 1)
        if kind == 0:
            pixels = said[3:]
        if kind == 3:
            link.sendall(struct.pack(">BBHHHHHI", 0, 0, 1, 0, 0, WIDTH, HEIGHT, 0) + _drawn(screen, pixels))


def _drawn(screen: Screen, form: bytes) -> bytes:
    """All pixels, in the form that the client asked for."""
    numbers: tuple[int, ...] = _PIXELS.unpack(form)
    bits, big, maxima, shifts = numbers[0], numbers[2], numbers[4:7], numbers[7:]
    colours = (screen.red, screen.green, screen.blue)
    pixel: int = sum(
        round(colour * most / 255) << shift
        for colour, most, shift in zip(colours, maxima, shifts, strict=True)
    )
    return pixel.to_bytes(bits // 8, "big" if big else "little") * WIDTH * HEIGHT


def _read(link: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = link.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data

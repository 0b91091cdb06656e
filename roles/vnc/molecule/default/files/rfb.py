"""A VNC viewer for tests: logs in, tells what the server says, asks for a size, takes a picture.

    rfb.py PORT PASSWORD_FILE [--resize WIDTHxHEIGHT] [--png FILE]

Prints one JSON object. `refused` is the server's reason where it does not take the password. RFC 6143; sizes after the
extensions DesktopSize and ExtendedDesktopSize of the community's rfbproto.
"""

import argparse
import ctypes
import json
import socket
import struct
import sys
import zlib
from pathlib import Path
from typing import BinaryIO

TIMEOUT_S = 30.0
VNC_AUTHENTICATION = 2
RAW, EXTENDED_DESKTOP_SIZE = 0, -308
UPDATE, COLOURS, BELL, CUT_TEXT = 0, 1, 2, 3


class RefusedError(Exception):
    """The server does not take the password."""


class Viewer:
    """One connection."""

    def __init__(self, port: int) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        self._read: BinaryIO = self._line.makefile("rb")
        self.offered: list[int] = []
        self.width = self.height = self.depth = self.bits = 0
        self.name = ""
        self.screen = b""
        """The extension's layout of screens, empty until the server told it."""
        self.pixels = bytearray()
        """Red, green, blue of each."""

    def login(self, password: bytes) -> None:
        """Shake hands. Raises RefusedError."""
        self._take(12)
        self._line.sendall(b"RFB 003.008\n")
        self.offered = list(self._take(self._number("B")))
        self._line.sendall(bytes([VNC_AUTHENTICATION]))
        self._line.sendall(answer(self._take(16), password))
        if self._number("I") != 0:
            raise RefusedError(self._take(self._number("I")).decode())
        self._line.sendall(b"\1")
        self.width, self.height, self.bits, self.depth = struct.unpack("!HHBB", self._take(6))
        self._take(14)
        self.name = self._take(self._number("I")).decode()
        # Pixels of 32 bits, red first: what is asked for from now on, whatever the server's own are.
        self._line.sendall(struct.pack("!B3xBBBBHHHBBB3x", 0, 32, 24, 1, 1, 255, 255, 255, 24, 16, 8))
        self._line.sendall(struct.pack("!BxHii", 2, 2, RAW, EXTENDED_DESKTOP_SIZE))

    def picture(self) -> None:
        """Fetch the whole screen."""
        self._ask(incremental=False)
        self.pixels = bytearray(self.width * self.height * 3)
        missing = self.width * self.height
        while missing > 0:
            came = self._update()
            missing -= came
            if not came:  # each request for everything is answered by the layout of the screens first
                self._ask(incremental=True)

    def resize(self, width: int, height: int) -> None:
        """Ask for a size, as a viewer's window does; return when the server has it."""
        self._ask(incremental=False)
        while not self.screen:
            self._update()
        number, flags = struct.unpack("!I8xI", self.screen[:16])
        self._line.sendall(
            struct.pack("!BxHHBxIHHHHI", 251, width, height, 1, number, 0, 0, width, height, flags)
        )
        while (self.width, self.height) != (width, height):
            self._ask(incremental=True)
            self._update()

    def _ask(self, *, incremental: bool) -> None:
        self._line.sendall(struct.pack("!BBHHHH", 3, incremental, 0, 0, self.width, self.height))

    def _update(self) -> int:
        """Read one message; return how many pixels it held."""
        kind = self._number("B")
        if kind == CUT_TEXT:
            self._take(3)
            self._take(abs(self._number("i")))
        if kind == COLOURS:
            self._take(3)
            self._take(6 * self._number("H"))
        if kind != UPDATE:
            return 0
        self._take(1)
        return sum(self._rectangle() for _ in range(self._number("H")))

    def _rectangle(self) -> int:
        left, top, width, height, encoding = struct.unpack("!HHHHi", self._take(12))
        if encoding == EXTENDED_DESKTOP_SIZE:
            count = self._number("B")
            self._take(3)
            self.screen = self._take(16 * count)
            if top == 0:  # the extension's word for: it worked
                self.width, self.height = width, height
            return 0
        data = self._take(width * height * 4)
        if self.pixels:
            rgb = bytearray(width * height * 3)
            rgb[0::3], rgb[1::3], rgb[2::3] = data[0::4], data[1::4], data[2::4]
            for row in range(height):
                at = ((top + row) * self.width + left) * 3
                self.pixels[at : at + width * 3] = rgb[row * width * 3 : (row + 1) * width * 3]
        return int(width * height)

    def _number(self, form: str) -> int:
        number: int = struct.unpack(f"!{form}", self._take(struct.calcsize(f"!{form}")))[0]
        return number

    def _take(self, count: int) -> bytes:
        data: bytes = self._read.read(count)
        if len(data) != count:
            raise ConnectionError(f"the server hung up after {len(data)} of {count} bytes")
        return data


def answer(challenge: bytes, password: bytes) -> bytes:
    """The challenge as DES makes it of the password, each of whose bytes VNC turns around."""
    key = bytes(int(f"{byte:08b}"[::-1], 2) for byte in password[:8].ljust(8, b"\0"))
    library = ctypes.CDLL("libcrypto.so.3")
    schedule, block = ctypes.create_string_buffer(128), ctypes.create_string_buffer(8)
    library.DES_set_key_unchecked(key, schedule)
    told = b""
    for part in (challenge[:8], challenge[8:]):
        library.DES_ecb_encrypt(part, block, schedule, 1)
        told += block.raw[:8]
    return told


def png(width: int, height: int, pixels: bytes | bytearray) -> bytes:
    """The picture as a PNG file."""
    rows = b"".join(b"\0" + pixels[at : at + width * 3] for at in range(0, width * height * 3, width * 3))
    chunks = (
        (b"IHDR", struct.pack("!IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def main() -> int:
    """Do what the module's docstring says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("password", type=Path)
    parser.add_argument("--resize", default="")
    parser.add_argument("--png", type=Path)
    given = parser.parse_args()
    viewer = Viewer(given.port)
    told: dict[str, object] = {"refused": ""}
    try:
        viewer.login(given.password.read_bytes().strip())
        told |= {"width": viewer.width, "height": viewer.height, "depth": viewer.depth, "name": viewer.name}
        if given.resize:
            width, height = map(int, given.resize.split("x"))
            viewer.resize(width, height)
            told["resized"] = f"{viewer.width}x{viewer.height}"
        if given.png:
            viewer.picture()
            given.png.write_bytes(png(viewer.width, viewer.height, viewer.pixels))
            colours = {bytes(viewer.pixels[at : at + 3]) for at in range(0, len(viewer.pixels), 3)}
            told["colours"] = len(colours)
    except RefusedError as error:
        told["refused"] = str(error)
    sys.stdout.write(json.dumps(told | {"offered": viewer.offered}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

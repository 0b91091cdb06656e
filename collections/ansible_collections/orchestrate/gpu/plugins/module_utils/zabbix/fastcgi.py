"""Ask a PHP program that listens on a Unix socket, without a web server. Sends one request and reads its answer; interprets neither.

https://fastcgi-archives.github.io/FastCGI_Specification.html
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

_BEGIN, _END, _PARAMETERS, _INPUT, _OUTPUT, _ERRORS = 1, 3, 4, 5, 6, 7
_RESPONDER = struct.pack("!HB5x", 1, 0)
_PIECE = 65535
_HEADER = struct.Struct("!BBHHBx")


def request(place: Path, parameters: Mapping[str, str], body: bytes, timeout_s: float) -> bytes:
    """What the program answers, its headers included. Raises OSError where nobody answers in time, or not to the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(timeout_s)
        link.connect(str(place))
        link.sendall(b"".join(_records(parameters, body)))
        return b"".join(_answer(link, place))


def encoded(parameters: Mapping[str, str]) -> bytes:
    """Names and values with their lengths before them."""
    pairs = [(name.encode(), value.encode()) for name, value in parameters.items()]
    return b"".join(_length(name) + _length(value) + name + value for name, value in pairs)


def _length(text: bytes) -> bytes:
    return bytes([len(text)]) if len(text) < 128 else struct.pack("!I", len(text) | 0x80000000)


def _records(parameters: Mapping[str, str], body: bytes) -> Iterator[bytes]:
    yield _record(_BEGIN, _RESPONDER)
    yield _record(_PARAMETERS, encoded(parameters))
    yield _record(_PARAMETERS, b"")
    for start in range(0, len(body), _PIECE):
        yield _record(_INPUT, body[start : start + _PIECE])
    yield _record(_INPUT, b"")


def _record(kind: int, content: bytes) -> bytes:
    return _HEADER.pack(1, kind, 1, len(content), 0) + content


def _answer(link: socket.socket, place: Path) -> Iterator[bytes]:
    while True:
        _version, kind, _number, length, padding = _HEADER.unpack(_read(link, _HEADER.size, place))
        content = _read(link, length + padding, place)[:length]
        if kind == _END:
            return
        if kind == _OUTPUT:
            yield content


def _read(link: socket.socket, size: int, place: Path) -> bytes:
    read = b""
    while len(read) < size:
        piece = link.recv(size - len(read))
        if not piece:
            raise ConnectionError(f"{place} closed the connection in the middle of its answer")
        read += piece
    return read

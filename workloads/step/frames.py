"""Messages between the tasks of a step, as bytes on a connection: a JSON object, and bytes behind it. Decides nothing."""

import json
import socket
import struct
from dataclasses import dataclass, field
from typing import Any

_HEADER = struct.Struct(">IQ")
MOST_TEXT, MOST_BYTES = 16 * 2**20, 2**31


class FrameError(Exception):
    """What came is no message: somebody else speaks on this port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message."""

    facts: dict[str, Any] = field(default_factory=dict)
    data: bytes = b""


def encode(message: Message) -> bytes:
    """As it is sent."""
    text = json.dumps(message.facts).encode()
    return _HEADER.pack(len(text), len(message.data)) + text + message.data


def receive(connection: socket.socket) -> Message:
    """The next message.

    Raises:
        EOFError: the other end has closed.
        FrameError: it is none.
        OSError: the connection is broken; TimeoutError where nothing came in time.
    """
    text_size, data_size = _HEADER.unpack(_exactly(connection, _HEADER.size))
    if text_size > MOST_TEXT or data_size > MOST_BYTES:
        raise FrameError(f"a message of {text_size + data_size} bytes")
    try:
        facts = json.loads(_exactly(connection, text_size))
    except ValueError as cause:
        raise FrameError("a message that is no JSON") from cause
    if not isinstance(facts, dict):
        raise FrameError("a message that is no JSON object")
    return Message(facts=facts, data=_exactly(connection, data_size))


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = connection.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)

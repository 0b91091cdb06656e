"""A training's curve as TensorBoard reads it, without TensorBoard or TensorFlow: environments of JAX and PyTorch have neither.

A file is a sequence of TFRecords (tensorflow/core/lib/io/record_writer.h), each an `Event` (tensorflow/core/util/event.proto) in the wire
format of Protocol Buffers, with a `Summary` of one value (tensorflow/core/framework/summary.proto).
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

VERSION = "brain.Event:2"
"""What the first event of a file says."""
_POLYNOMIAL = 0x82F63B78
"""Of CRC-32C (Castagnoli), reversed: RFC 3720, B.4."""
_MASK = 0xA282EAD8
"""What is added to a rotated CRC, so that CRCs of data that hold CRCs are not weak: tensorflow/core/lib/hash/crc32c.h."""
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5
"""Wire types."""


def events(wall_time: float, steps: Iterable[tuple[int, Mapping[str, float]]]) -> bytes:
    """The content of a file.

    Args:
        wall_time: seconds since 1970 of the training.
        steps: number of a step, and what was measured in it by the tag under which it is shown.
    """
    return b"".join(map(_record, _events(wall_time, steps)))


def masked_crc32c(data: bytes) -> int:
    """The checksum of a TFRecord."""
    crc = _crc32c(data)
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def _events(wall_time: float, steps: Iterable[tuple[int, Mapping[str, float]]]) -> Iterator[bytes]:
    at = _field(1, _DOUBLE, struct.pack("<d", wall_time))
    yield at + _field(3, _BYTES, VERSION.encode())
    for step, values in steps:
        for tag, value in values.items():
            shown = _field(1, _BYTES, tag.encode()) + _field(2, _FLOAT, struct.pack("<f", value))
            yield at + _field(2, _VARINT, _varint(step)) + _field(5, _BYTES, _field(1, _BYTES, shown))


def _record(event: bytes) -> bytes:
    length = struct.pack("<Q", len(event))
    return b"".join(
        (length, struct.pack("<I", masked_crc32c(length)), event, struct.pack("<I", masked_crc32c(event)))
    )


def _field(number: int, wire_type: int, content: bytes) -> bytes:
    length = _varint(len(content)) if wire_type == _BYTES else b""
    return _varint(number << 3 | wire_type) + length + content


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; the highest bit says that more follow."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def _crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _table()[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    found = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
        found.append(crc)
    return tuple(found)

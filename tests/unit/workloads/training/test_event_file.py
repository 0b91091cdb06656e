"""Curves in the form that TensorBoard reads."""

import math
import struct

import pytest

from workloads.training.event_file import events, masked_crc32c

BY_TENSORFLOW = bytes.fromhex(
    "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110"
    "1b000000000000001a0d9e130900002040fc54d94110ac022a0d0a0b0a046c6f7373150000803ec5f6859b"
)
"""What TensorFlow 2.21's TFRecordWriter wrote of two events: the version of the file, and loss 0.25 in step 300."""


def test_a_file_is_what_tensorflow_writes() -> None:
    assert events(1700000000.5, [(300, {"loss": 0.25})]) == BY_TENSORFLOW


@pytest.mark.parametrize(
    ("data", "crc"), [(bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E)]
)
def test_the_checksum_is_that_of_rfc_3720(data: bytes, crc: int) -> None:
    rotated = (masked_crc32c(data) - 0xA282EAD8) & 0xFFFFFFFF
    assert (rotated << 15 | rotated >> 17) & 0xFFFFFFFF == crc


def test_each_value_of_each_step_is_an_event() -> None:
    whole = events(0.0, [(step, {"loss": 1.0 / step, "accuracy": math.nan}) for step in (1, 2)])
    assert whole.count(b"loss") == whole.count(b"accuracy") == 2
    assert struct.pack("<f", 0.5) in whole

"""Whose an OpenPGP key is. Reads no more of the format than that, and verifies no signature: apt does."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

_ARMOUR = re.compile(
    rb"-----BEGIN PGP [^\n]*\n(?:[^\n]+\n)*\s*\n(.*?)(?:^=[^\n]*\n)?-----END", re.DOTALL | re.MULTILINE
)
_PUBLIC_KEY = 6


def dearmored(text: bytes) -> bytes:
    """A key as apt's keyrings have it, without armour. What is no OpenPGP file has no keys in it."""
    armour = _ARMOUR.search(text)
    try:
        return base64.b64decode(armour[1]) if armour else text
    except binascii.Error:
        return b""


def fingerprints(data: bytes) -> list[str]:
    """Of the primary keys in a file without armour (RFC 4880, 4.2 and 12.2): each of them could sign."""
    found = []
    while len(data) > 2 and data[0] & 0x80:
        tag, start, size = _packet(data)
        body, data = data[start : start + size], data[start + size :]
        if tag == _PUBLIC_KEY:
            digest = hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body)  # noqa: S324  a fingerprint is this
            found.append(digest.hexdigest().upper())
    return found


def _packet(data: bytes) -> tuple[int, int, int]:
    """Of the first packet: its tag, where its body starts, and how long that is."""
    if not data[0] & 0x40:
        width = 1 << (data[0] & 0x03)
        return (data[0] >> 2) & 0x0F, 1 + width, int.from_bytes(data[1 : 1 + width], "big")
    tag, first = data[0] & 0x3F, data[1]
    if first < 192:
        return tag, 2, first
    if first < 224:
        return tag, 3, ((first - 192) << 8) + data[2] + 192
    return tag, 6, int.from_bytes(data[2:6], "big")

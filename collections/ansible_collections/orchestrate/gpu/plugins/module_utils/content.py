"""Digests of what files hold. Reads whole files, a piece at a time."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from pathlib import Path
from typing import Protocol

_PIECE = 2**20


def sha256_of(path: Path) -> str:
    """The digest of the file's bytes, in hexadecimal. Raises OSError."""
    with path.open("rb") as content:
        return _digest(content)


def unpacked_sha256_of(path: Path) -> str:
    """The digest of what the file holds, of a `.gz` unpacked; empty when it cannot be read."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as content:
            return _digest(content)
    except (OSError, EOFError, zlib.error):
        return ""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _digest(content: _Readable) -> str:
    # hashlib.file_digest would do it from Python 3.11 on.
    digest = hashlib.sha256()
    for piece in iter(lambda: content.read(_PIECE), b""):
        digest.update(piece)
    return digest.hexdigest()

"""Small files of a host, read without complaint: what is not there or may not be read is empty. Writes nothing."""

from __future__ import annotations

import shlex
from pathlib import Path


def text(path: Path) -> str:
    """The file's text without white space around it; bytes that are not UTF-8 are replaced."""
    return content(path).decode(errors="replace").strip()


def content(path: Path) -> bytes:
    """The file's bytes."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def assignments(path: Path) -> dict[str, str]:
    """The variables of a file in shell's form, `NAME="value"` a line; what else stands there is passed over."""
    values = {}
    for line in text(path).splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name.isidentifier():
            values[name] = _unquoted(value)
    return values


def _unquoted(value: str) -> str:
    try:
        return " ".join(shlex.split(value, comments=True))
    except ValueError:  # an apostrophe that nobody closed
        return value

"""Kinds of values on the command line: each says what it takes when it is given something else. Pure, but for looking what a path is."""

import argparse
import math
import string
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A whole number from `lowest` to `highest`."""

    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def fraction(text: str) -> float:
    """A number above 0, to 1."""
    value = share(text)
    if not value:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0, to 1")
    return value


def positive(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def attempt(text: str) -> str:
    """An id that a result can carry: empty, or up to 64 letters, digits and hyphens."""
    if text and not (text.isascii() and text.replace("-", "").isalnum() and len(text) <= 64):
        raise argparse.ArgumentTypeError(f"{text!r} is not made of up to 64 letters, digits and hyphens")
    return text


def folder(text: str) -> Path:
    """The path of a folder, which need not be there yet."""
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a file, and a folder is wanted")
    return path


def checksum(text: str) -> str:
    """A SHA-256 in hexadecimal, as sha256sum writes it."""
    if len(text) != 64 or not set(text) <= set(string.hexdigits):
        raise argparse.ArgumentTypeError(f"{text!r} is not the 64 hexadecimal digits of a SHA-256")
    return text.lower()


def web_address(text: str) -> str:
    """An address with http or https, without a password: arguments can be read in the process list and in the result."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as cause:
        raise argparse.ArgumentTypeError(f"it is no address: {cause}") from cause
    if "@" in parts.netloc:
        raise argparse.ArgumentTypeError(
            "an address with a user's name or password would be seen by everybody"
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise argparse.ArgumentTypeError(f"{text!r} is not an address with http or https")
    return text

"""Kinds of values on the command line: each says what it takes when it is given something else. Pure."""

import argparse
import math
from collections.abc import Callable


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

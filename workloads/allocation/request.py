"""What `--gpus` asks for. Pure."""

import argparse
from dataclasses import dataclass

ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A number of cards, or cards by name."""

    count: int | None
    """None: all that there are, or those that are named."""
    uuids: tuple[str, ...]
    """Beginnings of UUIDs, `GPU-5a3c`; empty where none is named."""


def parsed(text: str) -> Request:
    """`2`, `all` or `GPU-5a3c…,GPU-77e0…`. Raises ValueError."""
    if text == ALL:
        return Request(count=None, uuids=())
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 1024:
        return Request(count=int(text), uuids=())
    uuids = tuple(text.split(","))
    named = all(each.startswith("GPU-") and each[4:].replace("-", "").isalnum() for each in uuids)
    if not named or len(set(uuids)) < len(uuids):
        raise ValueError(text)
    return Request(count=None, uuids=uuids)


def argument(text: str) -> str:
    """For the command line: the text, if it asks for something."""
    try:
        parsed(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a number of GPUs, nor `all`, nor UUIDs such as GPU-5a3c1e0b with commas between; "
            "`nvidia-smi -L` shows them"
        ) from None
    return text

"""Pictures that jobs made, inside a page that stands alone."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestrator.models import OutputFile

_SHOWN = ("image/png", "image/svg+xml", "image/jpeg")
"""As the source of an image, none of them runs a script or fetches anything."""
_LARGEST = 2 * 2**20
_LARGEST_TOGETHER = 8 * 2**20
"""Bytes. Mail and phones take a page of that size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file that a job made, as a page shows it."""

    about: str
    link: str
    """Its path from the page."""
    size: str
    source: str
    """A `data:` URI of the picture; empty where it is none, or too large."""


def made_files(files: Iterable[OutputFile], folder: Path, below: Path) -> tuple[Made, ...]:
    """What a page in `below` shows of files in `folder`, which lies in it. A file that has gone since is left out.

    Raises:
        ValueError: `folder` does not lie in `below`.
    """
    found, room = [], _LARGEST_TOGETHER
    for file in files:
        path = folder / file.name
        try:
            size = path.stat().st_size
            shown = file.media_type in _SHOWN and size <= min(_LARGEST, room)
            content = path.read_bytes() if shown else b""
        except OSError:
            continue
        room -= len(content)
        source = f"data:{file.media_type};base64,{base64.b64encode(content).decode()}" if shown else ""
        link = path.relative_to(below).as_posix()
        found.append(Made(about=file.about or file.name, link=link, size=_size(size), source=source))
    return tuple(found)


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MiB" if count >= 2**20 else f"{-(-count // 1024):,} KiB"

"""Parts of an SVG: escaped text, images that stand within it, and how it is kept. Draws nothing itself."""

import base64
import io
from html import escape
from pathlib import Path
from typing import Any, TypeAlias

from workloads.output import Draft, keep
from workloads.packages import package
from workloads.progress import Record

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

MEDIA_TYPE = "image/svg+xml"
FONT = "font-family='sans-serif' fill='#222'"


def page(width: float, height: float, title: str, parts: list[str]) -> str:
    """A whole file on a white ground, readable in pages of any colour scheme; `title` is what a screen reader says."""
    head = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width:g} {height:g}' width='{width:g}' height='{height:g}' "
        f"role='img'><title>{escape(title)}</title><rect width='100%' height='100%' fill='white'/>"
    )
    return "\n".join([head, *parts, "</svg>", ""])


def text(x: float, y: float, words: str, *, size: float = 12, anchor: str = "start") -> str:
    """A line of text; `y` is its base line."""
    return (
        f"<text x='{x:g}' y='{y:g}' font-size='{size:g}' text-anchor='{anchor}' {FONT}>{escape(words)}</text>"
    )


def image(x: float, y: float, pixels: Array, scale: float) -> str:
    """Pixels as an image, each a square of `scale`.

    Args:
        x: of its left edge.
        y: of its upper edge.
        pixels: uint8, height x width (grey) or height x width x 3 (red, green, blue).
        scale: how large a pixel is drawn; below 1 the browser makes it smaller.

    Raises:
        MissingPackageError: Pillow is not installed.
    """
    stream = io.BytesIO()
    package("PIL.Image", "pillow").fromarray(pixels).save(stream, "PNG", optimize=True)
    encoded = base64.b64encode(stream.getvalue()).decode()
    height, width = pixels.shape[0] * scale, pixels.shape[1] * scale
    return (
        f"<image x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' style='image-rendering:pixelated' "
        f"href='data:image/png;base64,{encoded}'/>"
    )


def keep_picture(record: Record, folder: Path, name: str, about: str, drawn: str) -> None:
    """Put a picture into the job's output folder, and tell it.

    Raises:
        OSError: it cannot be written.
    """
    draft = Draft(name=name, about=about, media_type=MEDIA_TYPE)
    keep(record, folder, draft, lambda at: at.write_text(drawn, encoding="utf-8"))

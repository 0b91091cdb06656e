"""Pictures: the photograph and the style from files, or made on the spot, and pictures written. No framework.

What is made on the spot is no photograph and says so: hills under a sun, and strokes of paint. The network costs the same on either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workloads.decoding import named
from workloads.result import CannotRunError
from workloads.style_transfer.network.weights import Array

WIDTH, HEIGHT = 4242, 2828
"""Of the photograph that is made where none is given: 12 megapixels, as cameras of 3:2 take them."""
STYLE_SIDE = 512
_QUALITY = 92
_STROKES = 1400


class PictureError(CannotRunError):
    """A picture is not there, or is none that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Colours, and where they come from."""

    pixels: Array
    """uint8, height x width x 3."""
    source: str
    """The file, or `made on the spot`."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width, _ = self.pixels.shape
        return height, width


def photograph(path: Path | None, size: tuple[int, int] | None, seed: int) -> Picture:
    """The photograph.

    Args:
        path: PNG or JPEG; None to have one made.
        size: width and height to bring it to; None for its own, or for WIDTH x HEIGHT.
        seed: of what is made.

    Raises:
        PictureError: the file cannot be read.
    """
    if path is None:
        width, height = size or (WIDTH, HEIGHT)
        return Picture(pixels=landscape(width, height, seed), source="made on the spot")
    return Picture(pixels=_read(path, size), source=str(path))


def style(path: Path | None, seed: int) -> Picture:
    """The picture whose style is learnt; the shorter side of a file is brought to STYLE_SIDE. Raises PictureError."""
    if path is None:
        return Picture(pixels=strokes(STYLE_SIDE, seed), source="made on the spot")
    pixels = _read(path, None)
    shorter = min(pixels.shape[:2])
    height, width = (max(STYLE_SIDE, round(side * STYLE_SIDE / shorter)) for side in pixels.shape[:2])
    return Picture(pixels=_resized(pixels, (width, height)), source=str(path))


def write(pixels: Array, path: Path) -> None:
    """As PNG or JPEG, by the name's ending. Raises OSError."""
    from PIL import Image

    Image.fromarray(pixels).save(path, quality=_QUALITY)


def landscape(width: int, height: int, seed: int) -> Array:
    """Sky, sun, hills and meadow with the grain of a photograph; uint8 of height x width x 3, the same for the same seed."""
    import numpy as np

    generator = np.random.default_rng(seed)
    across = np.linspace(0, 1, width, dtype=np.float32)
    ridges = [
        (_ridge(across, generator, 0.42 + 0.16 * depth, 0.1), colour)
        for depth, colour in enumerate(((118, 132, 158), (74, 104, 92), (52, 84, 46), (96, 118, 44)))
    ]
    pixels = np.empty((height, width, 3), np.uint8)
    sky, horizon = _colours((70, 120, 190)), _colours((245, 205, 160))
    for row in range(height):
        down = row / height
        colours = np.broadcast_to(sky + (horizon - sky) * min(1, down / 0.55), (width, 3)).copy()
        glow = np.exp(-(((across - 0.7) * width / height) ** 2 + (down - 0.3) ** 2) / 0.004)
        colours += glow[:, None] * (_colours((255, 240, 200)) - colours)
        grain = np.full((width, 1), 4, np.float32)
        for ridge, colour in ridges:
            below = down >= ridge
            grain[below] += 4
            colours[below] = _colours(colour) * (1 - 0.45 * (down - ridge[below, None]))
        colours += grain * generator.standard_normal((width, 1), np.float32)
        pixels[row] = np.clip(colours, 0, 255)
    return pixels


def strokes(side: int, seed: int) -> Array:
    """Curved strokes of a few strong colours; uint8 of side x side x 3, the same for the same seed."""
    import numpy as np

    generator = np.random.default_rng(seed + 1)
    palette = _colours(
        ((22, 38, 92), (214, 158, 34), (188, 52, 38), (236, 222, 186), (38, 108, 128), (84, 36, 88))
    )
    canvas = np.broadcast_to(palette[0], (side, side, 3)).copy()
    rows, columns = np.mgrid[:side, :side].astype(np.float32)
    for _ in range(_STROKES):
        y, x = generator.uniform(0, side, 2)
        turn = 2 * np.pi * np.sin(y / side * 3) + x / side * 2
        length, breadth = generator.uniform(0.03, 0.08) * side, generator.uniform(0.006, 0.014) * side
        box = (
            slice(int(max(0, y - length)), int(y + length)),
            slice(int(max(0, x - length)), int(x + length)),
        )
        down, right = rows[box] - y, columns[box] - x
        along, beside = right * np.cos(turn) + down * np.sin(turn), down * np.cos(turn) - right * np.sin(turn)
        inside = (along / length) ** 2 + ((beside - 0.004 * along**2) / breadth) ** 2 < 1
        shade = palette[generator.integers(len(palette))] + generator.normal(0, 12)
        canvas[box][inside] = shade + 10 * np.sin(beside[inside] * 2)[:, None]
    return np.clip(canvas, 0, 255).astype(np.uint8)


def _colours(values: Sequence[object]) -> Array:
    import numpy as np

    return np.array(values, np.float32)


def _ridge(across: Array, generator: Array, level: float, height: float) -> Array:
    """Where a hill's edge is, from 0 at the top to 1: a sum of waves, each half as high and twice as frequent."""
    import numpy as np

    found = np.full_like(across, level)
    for octave in range(7):
        phase = generator.uniform(0, 2 * np.pi)
        found += height / 2**octave * np.sin(2 * np.pi * across * 1.7 * 2**octave + phase) / 2
    return found


def _read(path: Path, size: tuple[int, int] | None) -> Array:
    import numpy as np
    from PIL import Image, ImageOps

    def unreadable(said: str) -> PictureError:
        return PictureError(f"{path} cannot be read as a picture: {said}; PNG and JPEG can")

    with named(unreadable), Image.open(path) as file:
        upright = ImageOps.exif_transpose(file)
        if upright.mode.startswith("I"):
            # Of 16 bits: pillow would cut all above 255 off, and leave a white picture.
            upright = Image.fromarray((np.asarray(upright) // 257).clip(0, 255).astype(np.uint8))
        pixels = np.asarray(upright.convert("RGB"))
    return pixels if size is None else _resized(pixels, size)


def _resized(pixels: Array, size: tuple[int, int]) -> Array:
    import numpy as np
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))

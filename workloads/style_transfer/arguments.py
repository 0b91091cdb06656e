"""What `style_transfer` is asked, and its options. Reads no picture."""

import argparse
from dataclasses import dataclass

from workloads import options as values
from workloads.result import Arguments
from workloads.style_transfer.network.layers import STRIDE
from workloads.style_transfer.photographs import HEIGHT, WIDTH
from workloads.style_transfer.tiles import AUTO, LEAST, NONE
from workloads.workload import Common

LARGEST = 30_000
"""Pixels a side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleArguments(Arguments):
    """What is asked."""

    photo: str
    """A file; empty for one that is made on the spot. The same of `style` and `weights`."""
    style: str
    weights: str
    size: tuple[int, int] | None
    """Width and height; None for the photograph's own."""
    tile: str
    """`auto`, `none`, or pixels a side."""
    repeats: int
    width: int
    """Channels of the network's first layer."""
    steps: int
    batch_size: int
    crop: int
    """Pixels a side."""

    @property
    def sizes(self) -> tuple[str, ...]:
        """With the picture's."""
        width, height = self.size or (WIDTH, HEIGHT)
        return (*super(StyleArguments, self).sizes, f"picture {width}x{height}", f"tile {self.tile}")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Those of its own."""
    add = parser.add_argument
    add("--photo", default="", metavar="FILE", help="PNG or JPEG; without it one is made on the spot")
    add("--size", type=size, metavar="WxH", help=f"of the photograph; {WIDTH}x{HEIGHT} of one that is made")
    add(
        "--tile",
        type=tile,
        default=AUTO,
        metavar="auto|none|N",
        help="auto: tiles where the picture does not fit into memory; none: never; N: tiles of N pixels a side",
    )
    add("--repeats", type=values.whole(1, 100), default=2, metavar="N", help="pictures by each device")
    add(
        "--weights",
        default="",
        metavar="FILE",
        help="style.npz of an earlier run; without it they are learnt",
    )
    add(
        "--style",
        default="",
        metavar="FILE",
        help="picture to learn from; without it one is made on the spot",
    )
    add("--width", type=values.whole(1, 256), default=32, metavar="N", help="channels of the first layer")
    add("--steps", type=values.whole(1, 100_000), default=150, metavar="N", help="of learning")
    add("--batch-size", type=values.whole(1, 256), default=4, metavar="N", help="crops per step")
    add("--crop", type=crop, default=128, metavar="N", help="pixels a side of a crop")


def from_options(options: argparse.Namespace, common: Common) -> StyleArguments:
    """As values."""
    return StyleArguments(
        **common,
        photo=options.photo,
        style=options.style,
        weights=options.weights,
        size=options.size,
        tile=options.tile,
        repeats=options.repeats,
        width=options.width,
        steps=options.steps,
        batch_size=options.batch_size,
        crop=options.crop,
    )


def size(text: str) -> tuple[int, int]:
    """`4242x2828`: width and height."""
    sides = text.split("x")
    if len(sides) != 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a width and a height such as {WIDTH}x{HEIGHT}")
    width, height = (values.whole(LEAST, LARGEST)(side) for side in sides)
    return width, height


def tile(text: str) -> str:
    """`auto`, `none`, or a number, rounded up to what the network can cut."""
    if text in {AUTO, NONE}:
        return text
    return str(-(-values.whole(LEAST, LARGEST)(text) // STRIDE) * STRIDE)


def crop(text: str) -> int:
    """A multiple of what the network halves twice, large enough for the coarsest scale that is compared."""
    pixels = values.whole(64, 1024)(text)
    if pixels % STRIDE:
        raise argparse.ArgumentTypeError(f"{text} is not a multiple of {STRIDE}")
    return pixels

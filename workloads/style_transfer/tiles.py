"""How much memory a picture needs, whether it is there, and into which tiles a picture that does not fit is cut. Pure.

Decided before anything is computed: a host that runs out of memory ends a job without a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from workloads.result import CannotRunError, Kind
from workloads.style_transfer.network.layers import STRIDE, Layer, reach, tensors, weights_bytes

MIB = 2**20
LEAST = 256
"""Pixels a side of the smallest tile: below it most of a tile is overlap."""
MOST = 4096
"""Of the largest that is chosen without being asked for."""
STEP = 64
AUTO, NONE = "auto", "none"
_PIXEL = 6
"""Bytes on the host for each pixel of the picture: what comes in and what goes out, in uint8."""
SHARE = 0.9
"""Of the free memory that is taken: the rest is for whatever else happens on the host meanwhile."""
ALLOWANCE = {Kind.CPU: 512 * MIB, Kind.GPU: 1024 * MIB}
"""For the program that a framework makes of the network, its threads and libraries; on a GPU also the scratch of cuDNN's
convolutions. Beyond the busiest layer 14 MiB (TensorFlow 2.21) and 70 MiB (JAX 0.10) were measured on an x86-64 CPU; no GPU was."""


class NotEnoughMemoryError(CannotRunError):
    """The picture does not fit into the memory that is free: the host would have run out of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Memory that a device can still give."""

    kind: Kind
    free: int
    """Bytes."""
    source: str
    """Who says so: `MemAvailable`, `cgroup /job`, `NVML` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Along one side of the picture, in pixels: what is read, and which part of what comes out is kept."""

    start: int
    end: int
    keep_start: int
    keep_end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a picture is computed."""

    height: int
    """Of the picture, padded to a multiple of STRIDE; the same of `width`."""
    width: int
    tile: int | None
    """Pixels a side; None for the whole picture at once."""
    need: int
    """Bytes beyond what the process holds already."""
    rows: tuple[Span, ...]
    columns: tuple[Span, ...]

    @property
    def count(self) -> int:
        """Of tiles."""
        return len(self.rows) * len(self.columns)


def padded(side: int) -> int:
    """The next multiple of STRIDE."""
    return -(-side // STRIDE) * STRIDE


def need(network: tuple[Layer, ...], kind: Kind, size: tuple[int, int], tile: int | None) -> int:
    """Bytes that a picture of height x width takes on this kind of device, beyond what the process holds already."""
    height, width = map(padded, size)
    sides = (height, width) if tile is None else (min(tile, height), min(tile, width))
    busiest = max(each.held for each in tensors(network, *sides))
    host = _PIXEL * height * width if kind is Kind.CPU else 0
    return busiest + host + weights_bytes(network) + ALLOWANCE[kind]


def plan(network: tuple[Layer, ...], room: Room, size: tuple[int, int], asked: str) -> Plan:
    """How to compute a picture of height x width: at once, or in tiles.

    Args:
        network: its layers.
        room: what is free.
        size: height and width in pixels.
        asked: `auto` for tiles where the picture does not fit, `none` for the whole picture, or the pixels of a tile's side.

    Raises:
        NotEnoughMemoryError: what was asked for does not fit; of `auto`, not even the smallest tile.
    """
    usable = int(room.free * SHARE)

    def fits(tile: int | None) -> bool:
        return need(network, room.kind, size, tile) <= usable

    if asked == AUTO:
        largest = next((tile for tile in range(MOST, LEAST - 1, -STEP) if fits(tile)), None)
        if not fits(None) and largest is None:
            raise NotEnoughMemoryError(
                f"{_needs(network, room, size, LEAST)}; free some, or let it compute elsewhere by --device"
            )
        return _planned(network, room.kind, size, None if fits(None) else largest)
    tile = None if asked == NONE else int(asked)
    if not fits(tile):
        raise NotEnoughMemoryError(
            f"{_needs(network, room, size, tile)}; --tile auto cuts it into tiles that fit"
        )
    return _planned(network, room.kind, size, tile)


def spans(side: int, tile: int, overlap: int) -> tuple[Span, ...]:
    """Tiles of one size along one side. What is kept is `overlap` away from each cut, and joins without a gap.

    Args:
        side: of the picture, a multiple of STRIDE, as `tile` and `overlap`.
        tile: pixels, more than twice the overlap.
        overlap: the network's reach.
    """
    if tile >= side:
        return (Span(start=0, end=side, keep_start=0, keep_end=side),)
    starts = [*range(0, side - tile, tile - 2 * overlap), side - tile]
    return tuple(_kept(starts, index, tile, overlap) for index in range(len(starts)))


def crops(made: Plan) -> Iterator[tuple[Span, Span]]:
    """Every tile, row by row."""
    for rows in made.rows:
        for columns in made.columns:
            yield rows, columns


def _planned(network: tuple[Layer, ...], kind: Kind, size: tuple[int, int], tile: int | None) -> Plan:
    height, width = map(padded, size)
    overlap = reach(network)
    if tile is not None and tile >= max(height, width):
        tile = None
    return Plan(
        height=height,
        width=width,
        tile=tile,
        need=need(network, kind, size, tile),
        rows=spans(height, tile or height, overlap),
        columns=spans(width, tile or width, overlap),
    )


def _kept(starts: list[int], index: int, tile: int, overlap: int) -> Span:
    start = starts[index]
    first, last = index == 0, index == len(starts) - 1
    # The last tile is moved back to end with the picture: it keeps what the one before it did not.
    keep_start = 0 if first else starts[index - 1] + tile - overlap
    keep_end = start + tile if last else start + tile - overlap
    return Span(start=start, end=start + tile, keep_start=keep_start, keep_end=keep_end)


def _needs(network: tuple[Layer, ...], room: Room, size: tuple[int, int], tile: int | None) -> str:
    height, width = size
    how = "as a whole" if tile is None else f"in tiles of {tile}"
    wanted = need(network, room.kind, size, tile)
    return (
        f"a picture of {width}x{height} {how} needs {mib(wanted)} MiB of the {room.kind}'s memory, and {SHARE:.0%} of the "
        f"{mib(room.free)} MiB that are free ({room.source}) is less"
    )


def mib(size: int) -> int:
    """Bytes as MiB, rounded up."""
    return -(-size // MIB)

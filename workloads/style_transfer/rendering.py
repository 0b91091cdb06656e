"""Put the style network to a picture on one device: whole or in tiles, timed, with the most memory that it took. Judges nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workloads.devices.framework import Framework, Tensor
from workloads.memory import host
from workloads.result import Kind
from workloads.style_transfer.network.forward import compiled, painted, stylize
from workloads.style_transfer.network.layers import Layer, reach
from workloads.style_transfer.network.weights import Array, Weights
from workloads.style_transfer.tiles import MIB, Plan, Room, Span, crops, spans

ROOT = Path("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How often a picture is made, and by which clock."""

    repeats: int
    now: Callable[[], float]
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A picture that one device made."""

    device: str
    """`GPU:0`: the one that was asked."""
    place: str
    """The one that holds what came out."""
    room: Room
    plan: Plan
    first_seconds: float
    """Of the first time, with compiling."""
    seconds: float
    """The fastest of the later ones, or the first where there is no other."""
    before: int
    """Bytes that the process held (CPU), or the most that the framework had taken of the card (GPU), before."""
    peak: int
    """The most while it was made: of the process, or of the card since the job began."""
    pixels: Array
    """uint8, as large as the photograph."""

    @property
    def kind(self) -> Kind:
        """Of the device."""
        return Kind(self.device.partition(":")[0])

    @property
    def predicted(self) -> int:
        """What `peak` had to stay below."""
        need = self.plan.need
        return self.before + need if self.kind is Kind.CPU else max(self.before, need)


class Painter:
    """The network on one device, compiled."""

    def __init__(
        self, framework: Framework, backend: str, device: str, network: tuple[Layer, ...], weights: Weights
    ) -> None:
        self.framework, self.device, self.network = framework, device, network
        self._backend = backend
        self._weights = {name: framework.put(array, device) for name, array in weights.items()}

    def program(self, *, exact: bool = False) -> Callable[[Array], Tensor]:
        """From uint8 of height x width x 3, on the host, to a tensor of 1 x height x width x 3 on this device.

        Args:
            exact: colours as float32 from 0 to 1, instead of uint8.
        """
        import keras

        function = compiled(self._backend, stylize if exact else painted, self.network)

        def run(pixels: Array) -> Tensor:
            with keras.device(self.device.lower()):
                return function(self._weights, self.framework.put(pixels[None], self.device))

        return run


def render(painter: Painter, pixels: Array, made: Plan, room: Room, watch: Watch) -> Rendering:
    """Make the picture as it was planned, as often as `watch` says.

    Args:
        painter: the network on its device.
        pixels: the photograph, uint8 of height x width x 3.
        made: how.
        room: what was free, for the record.
        watch: times it.
    """
    program, framework = painter.program(), painter.framework
    is_gpu = painter.device.startswith(Kind.GPU)
    whole = extended(pixels, made)
    host.forget_peak(ROOT)
    before = framework.peak_mib() * MIB if is_gpu else host.held(ROOT)
    seconds, place, found = [], "", whole
    for _ in range(watch.repeats):
        began = watch.now()
        found, place = tiled(program, framework, whole, made)
        seconds.append(watch.now() - began)
    return Rendering(
        device=painter.device,
        place=place,
        room=room,
        plan=made,
        first_seconds=seconds[0],
        seconds=min(seconds[1:] or seconds),
        before=before,
        peak=framework.peak_mib() * MIB if is_gpu else host.peak(ROOT),
        pixels=found[: pixels.shape[0], : pixels.shape[1]],
    )


def tiled(
    program: Callable[[Array], Tensor], framework: Framework, pixels: Array, made: Plan
) -> tuple[Array, str]:
    """What `program` makes of a picture of the plan's size, joined from its tiles, and the device that holds the last of them."""
    import numpy as np

    found, place = None, ""
    for rows, columns in crops(made):
        tensor = program(np.ascontiguousarray(pixels[rows.start : rows.end, columns.start : columns.end]))
        place = framework.place(tensor)
        part = framework.fetch(tensor)[0]
        del tensor
        if made.count == 1:
            return part, place
        if found is None:
            found = np.empty(pixels.shape, part.dtype)
        found[_kept(rows), _kept(columns)] = part[_inside(rows), _inside(columns)]
    return found, place


def extended(pixels: Array, made: Plan) -> Array:
    """The picture with its last rows and columns repeated up to the plan's size."""
    import numpy as np

    missing = made.height - pixels.shape[0], made.width - pixels.shape[1]
    if not any(missing):
        return pixels
    return np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")


def seam(painter: Painter, pixels: Array, tile: int) -> float:
    """The largest difference of a colour, 0 to 1, between a picture made at once and the same one made in tiles.

    Args:
        painter: the network on its device.
        pixels: uint8, sides multiples of STRIDE, larger than the tile.
        tile: pixels a side, more than twice the network's reach.
    """
    height, width, _ = pixels.shape
    overlap = reach(painter.network)
    whole, cut = (
        Plan(
            height=height,
            width=width,
            tile=side,
            need=0,
            rows=spans(height, side or height, overlap),
            columns=spans(width, side or width, overlap),
        )
        for side in (None, tile)
    )
    with painter.framework.exactly():
        program = painter.program(exact=True)
        at_once, in_tiles = (tiled(program, painter.framework, pixels, made)[0] for made in (whole, cut))
    return float(abs(at_once - in_tiles).max())


def error(painter: Painter, pixels: Array, expected: Array) -> float:
    """The largest difference of a colour, 0 to 1, from what NumPy makes of a small picture."""
    with painter.framework.exactly():
        found = painter.framework.fetch(painter.program(exact=True)(pixels))[0]
    return float(abs(found - expected).max())


def _kept(span: Span) -> slice:
    return slice(span.keep_start, span.keep_end)


def _inside(span: Span) -> slice:
    return slice(span.keep_start - span.start, span.keep_end - span.start)

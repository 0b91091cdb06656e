"""The layers of the style network as data, and what follows from them alone: reach, multiplications, memory. Pure.

The shape is that of Johnson, Alahi and Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution" (2016), table 1 of
the supplement, with two changes: nearest-neighbour upsampling before a convolution in place of strides of 1/2 (Odena et al.,
"Deconvolution and Checkerboard Artifacts", 2016), and padding by zeros. Normalization is folded into the kernels before use, so that a
pixel depends on its neighbourhood alone and a picture can be made of tiles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

RESIDUALS = 5
BYTES = 4
"""Of a float32."""
STRIDE = 4
"""Pixels of the picture to one of the innermost layers: sizes and places of tiles are multiples of it."""


class Kind(Enum):
    """What a layer does."""

    CONVOLUTION = "convolution"
    RESIDUAL = "residual"
    """Two convolutions; what came in is added."""
    UPSAMPLING = "upsampling"
    """Each pixel four times, then a convolution."""
    PICTURE = "picture"
    """A convolution, and a sigmoid in place of the rectifier: colours from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer. Convolutions keep the size but for their stride, and have a rectifier behind them."""

    name: str
    kind: Kind
    inputs: int
    """Channels."""
    outputs: int
    kernel: int
    """Pixels a side."""
    stride: int = 1

    @property
    def convolutions(self) -> tuple[str, ...]:
        """The names of its kernels."""
        return (f"{self.name}a", f"{self.name}b") if self.kind is Kind.RESIDUAL else (self.name,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensors:
    """What a layer holds at its busiest time, in bytes."""

    layer: str
    held: int


def layers(width: int) -> tuple[Layer, ...]:
    """The network whose first layer has `width` channels: 32 in the paper, which makes 1.68 million weights."""

    def layer(name: str, kind: Kind, channels: tuple[int, int], kernel: int, stride: int = 1) -> Layer:
        inputs, outputs = channels
        return Layer(name=name, kind=kind, inputs=inputs, outputs=outputs, kernel=kernel, stride=stride)

    return (
        layer("first", Kind.CONVOLUTION, (3, width), 9),
        layer("down1", Kind.CONVOLUTION, (width, 2 * width), 3, 2),
        layer("down2", Kind.CONVOLUTION, (2 * width, 4 * width), 3, 2),
        *(layer(f"residual{n}", Kind.RESIDUAL, (4 * width, 4 * width), 3) for n in range(1, RESIDUALS + 1)),
        layer("up1", Kind.UPSAMPLING, (4 * width, 2 * width), 3),
        layer("up2", Kind.UPSAMPLING, (2 * width, width), 3),
        layer("picture", Kind.PICTURE, (width, 3), 9),
    )


def reach(network: tuple[Layer, ...]) -> int:
    """How many pixels away a pixel can matter, rounded up to a multiple of STRIDE: the overlap that tiles need."""
    pixels, scale = 0, 1
    for layer in network:
        if layer.kind is Kind.UPSAMPLING:
            # A pixel of the finer grid looks at coarse pixels that begin up to a coarse pixel away.
            pixels += scale
            scale //= 2
        pixels += len(layer.convolutions) * (layer.kernel // 2) * scale
        scale *= layer.stride
    return -(-pixels // STRIDE) * STRIDE


def multiplications(network: tuple[Layer, ...], height: int, width: int) -> int:
    """Of one picture of this size, which is a multiple of STRIDE."""
    total = 0
    for layer, pixels in _sizes(network, height, width):
        each = layer.kernel**2 * layer.inputs * layer.outputs
        total += len(layer.convolutions) * each * pixels
    return total


def tensors(network: tuple[Layer, ...], height: int, width: int) -> tuple[Tensors, ...]:
    """What each layer holds while it computes: what it reads and what it writes; everything else is free by then.

    Args:
        network: its layers.
        height: of the picture or tile, in pixels, a multiple of STRIDE; the same of `width`.
        width: see `height`.
    """
    found, before = [], height * width
    for layer, pixels in _sizes(network, height, width):
        reads, writes = before * layer.inputs, pixels * layer.outputs
        if layer.kind is Kind.UPSAMPLING:
            reads = pixels * layer.inputs
        elif layer.kind is Kind.RESIDUAL:
            reads = 2 * reads  # the block's input is still to be added
        found.append(Tensors(layer=layer.name, held=BYTES * (reads + writes)))
        before = pixels
    return tuple(found)


def weights_bytes(network: tuple[Layer, ...]) -> int:
    """Of all kernels and biases."""
    return BYTES * sum(
        len(layer.convolutions) * (layer.kernel**2 * layer.inputs + 1) * layer.outputs for layer in network
    )


def _sizes(network: tuple[Layer, ...], height: int, width: int) -> Iterator[tuple[Layer, int]]:
    """Each layer with the pixels that it writes."""
    for layer in network:
        if layer.kind is Kind.UPSAMPLING:
            height, width = 2 * height, 2 * width
        height, width = height // layer.stride, width // layer.stride
        yield layer, height * width

"""The style network over a picture: through Keras' operations on whichever framework, and in NumPy, to know what is right."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

from workloads.style_transfer.network.layers import Kind, Layer
from workloads.style_transfer.network.weights import Array, Weights

Tensor: TypeAlias = Any
"""Of whichever framework."""


def stylize(network: tuple[Layer, ...], weights: dict[str, Tensor], pixels: Tensor) -> Tensor:
    """Colours from 0 to 1, float32.

    Args:
        network: its layers.
        weights: by name, on the device that computes.
        pixels: uint8 of 1 x height x width x 3 on the same device, sides multiples of STRIDE.
    """
    from keras import ops

    found = ops.cast(pixels, "float32") / 255
    for layer in network:
        before = found
        if layer.kind is Kind.UPSAMPLING:
            found = ops.repeat(ops.repeat(found, 2, axis=1), 2, axis=2)
        for index, name in enumerate(layer.convolutions):
            kernel, bias = weights[f"{name}/kernel"], weights[f"{name}/bias"]
            found = ops.conv(found, kernel, strides=layer.stride, padding="same", data_format="channels_last")
            found = found + bias
            if layer.kind is Kind.PICTURE:
                found = ops.sigmoid(found)
            elif layer.kind is not Kind.RESIDUAL or index == 0:
                found = ops.relu(found)
        if layer.kind is Kind.RESIDUAL:
            found = found + before
    return found


def painted(network: tuple[Layer, ...], weights: dict[str, Tensor], pixels: Tensor) -> Tensor:
    """As `stylize`, in uint8: a quarter of the bytes to be fetched."""
    from keras import ops

    return ops.cast(ops.round(stylize(network, weights, pixels) * 255), "uint8")


def compiled(
    backend: str, function: Callable[..., Tensor], network: tuple[Layer, ...]
) -> Callable[..., Tensor]:
    """`function` of weights and pixels as one program of the backend: TensorFlow's graph, XLA's of JAX; PyTorch runs it as it is."""

    def run(weights: dict[str, Tensor], pixels: Tensor) -> Tensor:
        return function(network, weights, pixels)

    if backend == "tensorflow":
        graph: Callable[..., Tensor] = import_module("tensorflow").function(run)
        return graph
    if backend == "jax":
        program: Callable[..., Tensor] = import_module("jax").jit(run)
        return program
    torch = import_module("torch")

    def without_gradients(weights: dict[str, Tensor], pixels: Tensor) -> Tensor:
        with torch.no_grad():
            return run(weights, pixels)

    return without_gradients


def numpy_stylize(network: tuple[Layer, ...], weights: Weights, pixels: Array) -> Array:
    """As `stylize`, in NumPy and float64. For small pictures."""
    import numpy as np

    found = pixels.astype(np.float64) / 255
    for layer in network:
        before = found
        if layer.kind is Kind.UPSAMPLING:
            found = found.repeat(2, axis=1).repeat(2, axis=2)
        for index, name in enumerate(layer.convolutions):
            found = _convolve(found, weights[f"{name}/kernel"], layer.stride) + weights[f"{name}/bias"]
            if layer.kind is Kind.PICTURE:
                found = 1 / (1 + np.exp(-found))
            elif layer.kind is not Kind.RESIDUAL or index == 0:
                found = np.maximum(found, 0)
        if layer.kind is Kind.RESIDUAL:
            found = found + before
    return found


def _convolve(images: Array, kernel: Array, stride: int) -> Array:
    """Padding "same" as TensorFlow and XLA have it: at stride 2 and an even size all of it lies behind."""
    import numpy as np

    size = kernel.shape[0]
    margin = (size // 2, size // 2) if stride == 1 else (0, size - stride)
    padded = np.pad(images, ((0, 0), margin, margin, (0, 0)))
    rows, columns = (-(-side // stride) for side in images.shape[1:3])
    found = np.zeros((len(images), rows, columns, kernel.shape[3]))
    for row in range(size):
        for column in range(size):
            part = padded[:, row : row + stride * rows : stride, column : column + stride * columns : stride]
            found += part @ kernel[row, column].astype(np.float64)
    return found

"""Kernels and biases of the style network, and the file that they are kept in: NumPy's own format, without pickled objects."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from workloads.decoding import named
from workloads.result import CannotRunError
from workloads.style_transfer.network.layers import Layer, layers

Array: TypeAlias = Any
"""NumPy's, which is not there where types are checked."""

Weights: TypeAlias = Mapping[str, Array]
"""By `<convolution>/kernel` (rows x columns x inputs x outputs) and `<convolution>/bias`, float32."""


class WeightsError(CannotRunError):
    """The file of weights is not there, or is not one of this network."""


def names(network: tuple[Layer, ...]) -> dict[str, tuple[int, ...]]:
    """Every weight with its shape."""
    found: dict[str, tuple[int, ...]] = {}
    for layer in network:
        for index, convolution in enumerate(layer.convolutions):
            inputs = layer.inputs if index == 0 else layer.outputs
            found[f"{convolution}/kernel"] = (layer.kernel, layer.kernel, inputs, layer.outputs)
            found[f"{convolution}/bias"] = (layer.outputs,)
    return found


def save(weights: Weights, path: Path) -> None:
    """Write them. Raises OSError."""
    import numpy as np

    with path.open("wb") as file:
        np.savez(file, **weights)


def load(path: Path) -> tuple[int, Weights]:
    """The width of the network whose weights these are, and they.

    Raises:
        WeightsError: there is no such file, or it holds something else.
    """
    import numpy as np

    def unreadable(said: str) -> WeightsError:
        return WeightsError(
            f"{path} cannot be read as weights of the style network: {said}; a run without --weights leaves such a file, "
            "style.npz, in its output folder"
        )

    with named(unreadable), np.load(path, allow_pickle=False) as file:
        found = {name: file[name] for name in file.files}
    width = int(found["first/bias"].size) if "first/bias" in found else 0
    wanted = names(layers(width)) if width else {}
    odd = sorted(name for name in wanted.keys() | found.keys() if _shape(found, name) != wanted.get(name))
    if not wanted or odd:
        raise WeightsError(
            f"{path} does not hold this network: {', '.join(odd[:3])} is missing, of another shape, or unknown"
        )
    if not all(
        np.issubdtype(array.dtype, np.floating) and np.isfinite(array).all() for array in found.values()
    ):
        raise WeightsError(f"{path} holds weights that are no numbers")
    return width, {name: array.astype(np.float32) for name, array in found.items()}


def digest(weights: Weights) -> str:
    """SHA-256 over all of them in the order of their names."""
    sha256 = hashlib.sha256()
    for name in sorted(weights):
        sha256.update(name.encode() + weights[name].tobytes())
    return sha256.hexdigest()


def _shape(found: Weights, name: str) -> tuple[int, ...] | None:
    return tuple(found[name].shape) if name in found else None

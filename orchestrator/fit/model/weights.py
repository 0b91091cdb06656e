"""How many weights each of Keras' layers holds. Pure.

Counted as the layers' own `build` makes them (keras.layers of Keras 3); a layer that is not here is not guessed at.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias, cast

from orchestrator.fit.model.description import Shape
from orchestrator.fit.model.shapes import number, sizes

Config: TypeAlias = Mapping[str, object]

WITHOUT_WEIGHTS = re.compile(
    r"(Global)?(Average|Max)Pooling[123]D|(Alpha|Gaussian|Spatial)?Dropout([123]D)?|GaussianNoise|(ZeroPadding|Cropping|UpSampling)[123]D"
    r"|Activation|ReLU|LeakyReLU|ELU|Softmax|Add|Average|Concatenate|Dot|Maximum|Minimum|Multiply|Subtract|Flatten|Masking|Permute"
    r"|Identity|ActivityRegularization|StochasticDepth|CustomScaleLayer|ops\.\w+|RepeatVector|Reshape|Rescaling|Resizing|CenterCrop|CategoryEncoding|UnitNormalization|Random[A-Z]\w+"
)
GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
NORMALIZATIONS = {
    "BatchNormalization": 2,
    "LayerNormalization": 0,
    "GroupNormalization": 0,
    "RMSNormalization": 0,
}
"""And how many weights for each channel are kept beside the trained ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Elements that a layer holds."""

    trained: int = 0
    fixed: int = 0
    largest: int = 0
    """Of the largest trained tensor."""


def weights_of(kind: str, config: Config, inputs: tuple[Shape, ...]) -> Weights | None:
    """What it holds; None for a layer that is not known.

    Args:
        kind: Keras' class.
        config: of the layer.
        inputs: shapes of what it takes, without the batch.
    """
    if WITHOUT_WEIGHTS.fullmatch(kind):
        return Weights()
    count = next((each for pattern, each in _COUNTS.items() if re.fullmatch(pattern, kind)), None)
    return count(kind, config, inputs) if count else None


def _with_bias(kernels: tuple[int, ...], bias: int, config: Config) -> Weights:
    extra = bias if config.get("use_bias", True) else 0
    return Weights(trained=sum(kernels) + extra, largest=max(kernels))


def _low_rank(kernel: int, bias: int, ends: tuple[int, int], config: Config) -> Weights:
    """One kernel, or with LoRA two narrow ones in its stead, beside which it stays as it is (`enable_lora`).

    Args:
        kernel: elements of it.
        bias: elements of the bias.
        ends: elements of the two narrow ones for each rank.
        config: of the layer.
    """
    rank = number(config, "lora_rank")
    if not rank:
        return _with_bias((kernel,), bias, config)
    narrow = _with_bias((ends[0] * rank, ends[1] * rank), bias, config)
    return Weights(trained=narrow.trained, fixed=kernel, largest=narrow.largest)


def _dense(_kind: str, config: Config, inputs: tuple[Shape, ...]) -> Weights:
    units, taken = number(config, "units"), _channels(inputs)
    return _low_rank(taken * units, units, (taken, units), config)


def _embedding(_kind: str, config: Config, _inputs: tuple[Shape, ...]) -> Weights:
    rows, width = number(config, "input_dim"), number(config, "output_dim")
    return _low_rank(rows * width, 0, (rows, width), config)


def _preprocessing(_kind: str, config: Config, inputs: tuple[Shape, ...]) -> Weights:
    """Mean and variance of each place along the axes, and a count; none where they were given."""
    if config.get("mean") is not None:
        return Weights()
    axes = config.get("axis", -1)
    kept = axes if isinstance(axes, list) else [] if axes is None else [axes]
    return Weights(fixed=2 * _along(kept, inputs[0]) + 1)


def _along(axes: Sequence[object], shape: Shape) -> int:
    """Elements along axes, which count the batch as the first."""
    return prod(shape[axis - 1 if axis > 0 else axis] for axis in (int(cast("int", each)) for each in axes))


def _scales(_kind: str, config: Config, _inputs: tuple[Shape, ...]) -> Weights:
    size = number(config, "projection_dim")
    return Weights(trained=size, largest=size)


def _slopes(_kind: str, config: Config, inputs: tuple[Shape, ...]) -> Weights:
    shared = config.get("shared_axes") or ()
    size = prod(
        width for axis, width in enumerate(inputs[0], start=1) if axis not in cast("Sequence[int]", shared)
    )
    return Weights(trained=size, largest=size)


def _recurrent(kind: str, config: Config, inputs: tuple[Shape, ...]) -> Weights:
    gates, channels, units = GATES[kind], _channels(inputs), number(config, "units")
    kernels = (channels * gates * units, units * gates * units)
    return _with_bias(
        kernels, gates * units * (2 if kind == "GRU" and config.get("reset_after", True) else 1), config
    )


def _normalization(kind: str, config: Config, inputs: tuple[Shape, ...]) -> Weights:
    shape = inputs[0]
    axes = config.get("axis", -1)
    channels = _along(axes if isinstance(axes, list) else [axes], shape)
    trained = sum(
        channels
        for key in ("scale", "center")
        if config.get(key, True) and not (kind == "RMSNormalization" and key == "center")
    )
    if kind == "RMSNormalization":
        trained = channels
    return Weights(trained=trained, fixed=NORMALIZATIONS[kind] * channels, largest=channels if trained else 0)


def _attention(_kind: str, config: Config, inputs: tuple[Shape, ...]) -> Weights:
    heads, key = number(config, "num_heads"), number(config, "key_dim")
    value = number(config, "value_dim") or key
    query_in, value_in = inputs[0][-1], inputs[min(1, len(inputs) - 1)][-1]
    key_in = inputs[2][-1] if len(inputs) > 2 else value_in
    made = sizes(config, "output_shape", 1)[-1] if config.get("output_shape") else query_in
    gates = (query_in * heads * value,) if config.get("use_gate") else ()
    kernels = (
        query_in * heads * key,
        key_in * heads * key,
        value_in * heads * value,
        heads * value * made,
        *gates,
    )
    return _with_bias(kernels, 2 * heads * key + (1 + len(gates)) * heads * value + made, config)


def _grouped_attention(_kind: str, config: Config, inputs: tuple[Shape, ...]) -> Weights:
    size, queries, groups = (
        number(config, key) for key in ("head_dim", "num_query_heads", "num_key_value_heads")
    )
    made, value_in = inputs[0][-1], inputs[min(1, len(inputs) - 1)][-1]
    key_in = inputs[2][-1] if len(inputs) > 2 else value_in
    gates = (made * queries * size,) if config.get("use_gate") else ()
    kernels = (
        made * queries * size,
        key_in * groups * size,
        value_in * groups * size,
        queries * size * made,
        *gates,
    )
    return _with_bias(kernels, (queries * (1 + len(gates)) + 2 * groups) * size + made, config)


def _convolution(kind: str, config: Config, inputs: tuple[Shape, ...]) -> Weights:
    shape = inputs[0]
    first = config.get("data_format") == "channels_first"
    channels = shape[0] if first else shape[-1]
    window = prod(sizes(config, "kernel_size", len(shape) - 1))
    filters, groups = number(config, "filters"), number(config, "groups") or 1
    multiplier = number(config, "depth_multiplier") or 1
    if kind.startswith("Depthwise"):
        return _with_bias((window * channels * multiplier,), channels * multiplier, config)
    if kind.startswith("Separable"):
        return _with_bias((window * channels * multiplier, channels * multiplier * filters), filters, config)
    taken = window * channels // groups
    return _low_rank(taken * filters, filters, (taken, filters), config)


def _channels(inputs: tuple[Shape, ...]) -> int:
    return inputs[0][-1] if inputs[0] else 1


_COUNTS: dict[str, Callable[[str, Config, tuple[Shape, ...]], Weights]] = {
    "Dense": _dense,
    "Embedding": _embedding,
    "LSTM|GRU|SimpleRNN": _recurrent,
    "(Batch|Group|Layer|RMS)Normalization": _normalization,
    "MultiHeadAttention": _attention,
    "GroupQueryAttention": _grouped_attention,
    "Normalization": _preprocessing,
    "LayerScale": _scales,
    "PReLU": _slopes,
    r"(Depthwise|Separable)?Conv[123]D|Conv[123]DTranspose": _convolution,
}
"""By a pattern of Keras' classes."""

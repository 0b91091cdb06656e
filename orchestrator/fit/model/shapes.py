"""What a layer makes of what it takes, where the file does not say it: behind layers without weights in a Sequential model. Pure."""

import re
from collections.abc import Callable, Mapping
from math import prod
from typing import TypeAlias, cast

from orchestrator.fit.model.description import Shape

Config: TypeAlias = Mapping[str, object]

UNCHANGED = re.compile(
    r"(Alpha|Gaussian|Spatial)?Dropout([123]D)?|GaussianNoise|(Batch|Group|Layer|RMS|Unit)?Normalization|MultiHeadAttention|GroupQueryAttention|Masking"
    r"|Identity|ActivityRegularization|StochasticDepth|CustomScaleLayer|LayerScale|PReLU|ops\.(Relu|Sigmoid|Silu|Softmax|Tanh)|Activation|ReLU|LeakyReLU|ELU|Softmax|Rescaling|Add|Average|Maximum|Minimum|Multiply|Subtract"
    r"|Random(Brightness|Contrast|Flip|Rotation|Translation|Zoom)"
)


def output_shape(kind: str, config: Config, inputs: tuple[Shape, ...]) -> Shape | None:
    """The shape of one example; None where it is not known.

    Args:
        kind: Keras' class.
        config: of the layer.
        inputs: what it takes, without the batch.
    """
    if UNCHANGED.fullmatch(kind):
        return inputs[0]
    rule = next((each for pattern, each in _RULES.items() if re.fullmatch(pattern, kind)), None)
    if rule is None or config.get("data_format") == "channels_first":
        return None
    return rule(kind, config, inputs)


def sizes(config: Config, key: str, dimensions: int) -> tuple[int, ...]:
    """A setting that is one number for all dimensions, or one for each; 1 where it is not there."""
    value = config.get(key)
    if isinstance(value, list):
        return tuple(int(size) for size in value)
    return (int(cast("int", value or 1)),) * dimensions


def number(config: Config, key: str) -> int:
    """A setting that is a number; 0 where it is not there."""
    value = config.get(key)
    return 0 if value is None else int(cast("int", value))


def _window(kind: str, config: Config, inputs: tuple[Shape, ...]) -> Shape:
    *space, channels = inputs[0]
    pooling = kind.endswith(("Pooling1D", "Pooling2D", "Pooling3D"))
    window = sizes(config, "pool_size" if pooling else "kernel_size", len(space))
    strides = sizes(config, "strides" if config.get("strides") or not pooling else "pool_size", len(space))
    dilation = sizes(config, "dilation_rate", len(space))
    padded = config.get("padding") in {"same", "causal"}
    made = tuple(
        -(-size // step) if padded else (size - spread * (width - 1) - 1) // step + 1
        for size, width, step, spread in zip(space, window, strides, dilation, strict=True)
    )
    if kind.startswith("Depthwise"):
        channels *= number(config, "depth_multiplier") or 1
    return (*made, channels if pooling or kind.startswith("Depthwise") else number(config, "filters"))


def _transposed(_kind: str, config: Config, inputs: tuple[Shape, ...]) -> Shape:
    space = inputs[0][:-1]
    window, strides = sizes(config, "kernel_size", len(space)), sizes(config, "strides", len(space))
    more = config.get("padding") != "same"
    made = (
        size * step + (max(width - step, 0) if more else 0)
        for size, width, step in zip(space, window, strides, strict=True)
    )
    return (*made, number(config, "filters"))


def _bordered(kind: str, config: Config, inputs: tuple[Shape, ...]) -> Shape:
    *space, channels = inputs[0]
    sign = 1 if kind.startswith("Zero") else -1
    borders = config.get("padding" if sign > 0 else "cropping")
    pairs = borders if isinstance(borders, list) and isinstance(borders[0], list) else [borders]
    widths = (sum(pair) if isinstance(pair, list) else 2 * int(cast("int", pair or 0)) for pair in pairs)
    return (*(size + sign * width for size, width in zip(space, widths, strict=True)), channels)


def _upsampled(_kind: str, config: Config, inputs: tuple[Shape, ...]) -> Shape:
    *space, channels = inputs[0]
    return (*(size * by for size, by in zip(space, sizes(config, "size", len(space)), strict=True)), channels)


def _reshaped(_kind: str, config: Config, inputs: tuple[Shape, ...]) -> Shape:
    target = sizes(config, "target_shape", 1)
    open_size = prod(inputs[0]) // max(1, prod(size for size in target if size > 0))
    return tuple(size if size > 0 else open_size for size in target)


def _global(_kind: str, config: Config, inputs: tuple[Shape, ...]) -> Shape:
    *space, channels = inputs[0]
    return (*(1 for _ in space), channels) if config.get("keepdims") else (channels,)


def _recurrent(_kind: str, config: Config, inputs: tuple[Shape, ...]) -> Shape:
    steps = inputs[0][:1] if config.get("return_sequences") else ()
    return (*steps, number(config, "units"))


_RULES: dict[str, Callable[[str, Config, tuple[Shape, ...]], Shape]] = {
    "Dense": lambda _kind, config, inputs: (*inputs[0][:-1], number(config, "units")),
    "Flatten": lambda _kind, _config, inputs: (prod(inputs[0]),),
    "Embedding": lambda _kind, config, inputs: (*inputs[0], number(config, "output_dim")),
    "Concatenate": lambda _kind, _config, inputs: (*inputs[0][:-1], sum(each[-1] for each in inputs)),
    "RepeatVector": lambda _kind, config, inputs: (number(config, "n"), *inputs[0]),
    "Permute": lambda _kind, config, inputs: tuple(inputs[0][at - 1] for at in sizes(config, "dims", 1)),
    "Reshape": _reshaped,
    "LSTM|GRU|SimpleRNN": _recurrent,
    r"Global\w+": _global,
    r"(Depthwise|Separable)?Conv[123]D|(Average|Max)Pooling[123]D": _window,
    r"Conv[123]DTranspose": _transposed,
    r"(ZeroPadding|Cropping)[123]D": _bordered,
    r"UpSampling[123]D": _upsampled,
}
"""By a pattern of Keras' classes."""

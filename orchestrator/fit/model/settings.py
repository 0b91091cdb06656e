"""Pieces of a configuration that Keras 3 wrote: widths, activations, the optimizer, the tensors that go into a call, and the call itself. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, cast

from orchestrator.fit.model.description import Layer, Shape
from orchestrator.fit.model.weights import Weights

Config: TypeAlias = Mapping[str, object]
Tensor: TypeAlias = tuple[str, int, int]
"""Name of a layer, number of its call, and which of the tensors that the call makes."""
OPERATION = re.compile(r"keras\.(src\.)?ops\b")
ATTENTION = frozenset({"MultiHeadAttention", "GroupQueryAttention"})
ATTENDED = ("query", "value", "key")
"""What attention takes, in the order of its call; masks may follow."""
ADDING = ("amsgrad", "centered", "use_ema", "gradient_accumulation_steps")
"""Settings of an optimizer that add a value for each weight (keras.optimizers)."""


def activation_of(kind: str, config: Config) -> str:
    """The name of what a layer ends with; `linear` for nothing."""
    if kind in {"ReLU", "LeakyReLU", "ELU", "Softmax"}:
        return {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "Softmax": "softmax"}[kind]
    if kind.startswith("ops."):
        return kind.removeprefix("ops.").lower()
    activation = config.get("activation")
    if isinstance(activation, Mapping):
        inner = activation.get("config")
        activation = inner if isinstance(inner, str) else activation.get("class_name")
    return str(activation or "linear").lower()


def widths_of(dtype: object) -> tuple[int, int]:
    """Bytes of an element that is computed with, and of a weight."""
    name = (
        str(part(dtype, "config").get("name", "float32"))
        if isinstance(dtype, Mapping)
        else str(dtype or "float32")
    )
    return (bytes_of(name.removeprefix("mixed_")), 4 if name.startswith("mixed_") else bytes_of(name))


def is_quantized(dtype: object) -> bool:
    """Whether a policy is that of `model.quantize()`."""
    return isinstance(dtype, Mapping) and str(dtype.get("class_name")).startswith("Quantized")


def bytes_of(dtype: str) -> int:
    """Of one element."""
    return {"float16": 2, "bfloat16": 2, "float64": 8, "int64": 8, "uint8": 1, "int8": 1, "bool": 1}.get(
        dtype, 4
    )


def optimizer_of(config: Config) -> tuple[str, int]:
    """What the model was compiled with, and values for each weight that its settings add; empty where it was not."""
    compiled = config.get("compile_config")
    optimizer = compiled.get("optimizer") if isinstance(compiled, Mapping) else None
    if isinstance(optimizer, Mapping) and optimizer.get("class_name") == "LossScaleOptimizer":
        optimizer = part(optimizer, "config").get("inner_optimizer")
    if not isinstance(optimizer, Mapping):
        return str(optimizer or "").lower(), 0
    name, settings = str(optimizer.get("class_name", "")).lower(), part(optimizer, "config")
    more = sum(bool(settings.get(key)) for key in ADDING)
    if name == "sgd":
        return ("momentum" if settings.get("momentum") else name), more
    return name, more + (name == "rmsprop" and bool(settings.get("momentum")))


def is_of_keras(layer: Config) -> bool:
    """Whether its class is one of Keras' own: others may have the same name."""
    module = layer.get("module", "keras")
    return isinstance(module, str) and module.partition(".")[0] in {"keras", "tf_keras", "tensorflow"}


def kind_of(layer: Config) -> str:
    """Keras' class; of an operation, as `x * 2` is one, `ops.Multiply`."""
    kind = str(layer.get("class_name"))
    return f"ops.{kind}" if OPERATION.match(str(layer.get("module"))) else kind


def shapes_made(layers: Sequence[Config]) -> Iterator[tuple[Tensor, Sequence[object]]]:
    """What each call makes, as those that take it say it."""
    for layer in layers:
        for node in cast("Sequence[Config]", layer.get("inbound_nodes", ())):
            yield from tensors(node)


def taken(kind: str, node: object) -> tuple[tuple[Tensor, Sequence[object]], ...]:
    """The tensors of a call: of attention query, value and key in this order, however they are named, and no masks."""
    if kind not in ATTENTION:
        return tuple(tensors(node))
    positional = node.get("args") if isinstance(node, Mapping) else None
    named = dict(zip(ATTENDED, positional if isinstance(positional, list) else (), strict=False))
    named |= part(node, "kwargs")
    return tuple(each for name in ATTENDED for each in tensors(named.get(name)))


def tensors(value: object) -> Iterator[tuple[Tensor, Sequence[object]]]:
    """Where it comes from, and shape, of every tensor in the arguments of a call; of a dictionary by its keys' order."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            inner = part(value, "config")
            name, call, number = cast("Sequence[object]", inner["keras_history"])
            yield (
                (str(name), int(cast("int", call)), int(cast("int", number))),
                cast("Sequence[object]", inner["shape"]),
            )
            return
        value = [value[key] for key in sorted(value, key=str)]
    if isinstance(value, list):
        for each in value:
            yield from tensors(each)


def keys(ends: object) -> Iterator[Tensor]:
    """`[name, call, tensor]`, or a list or dictionary of such."""
    if isinstance(ends, Mapping):
        ends = [ends[key] for key in sorted(ends, key=str)]
    if isinstance(ends, list):
        if len(ends) == 3 and isinstance(ends[0], str):
            yield ends[0], int(ends[1]), int(ends[2])
            return
        for each in ends:
            yield from keys(each)


def part(value: object, key: str) -> Config:
    """A configuration within another; empty where there is none."""
    inner = value.get(key) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def layer_of(
    kind: str, config: Config, held: Weights, shapes: tuple[tuple[int, ...], tuple[Shape, ...], Shape]
) -> Layer:
    """A call of a layer: with the places of its sources, the shapes that it takes, and what it makes.

    Raises:
        ValueError: a size is below zero.
    """
    sources, inputs, output = shapes
    frozen = config.get("trainable") is False
    if min(held.trained, held.fixed, *output) < 0:
        raise ValueError(f"{held.trained} weights, and the shape {output}")
    compute, variable = widths_of(config.get("dtype"))
    return Layer(
        name=str(config.get("name", kind)),
        kind=kind,
        sources=sources,
        inputs=inputs,
        output=output,
        parameters=0 if frozen else held.trained,
        fixed=held.fixed + (held.trained if frozen else 0),
        largest=0 if frozen else held.largest,
        activation=activation_of(kind, config),
        rate=float(cast("float", config.get("rate") or config.get("dropout") or 0)),
        heads=int(cast("int", config.get("num_heads") or config.get("num_query_heads") or 0)),
        head_size=int(cast("int", config.get("key_dim") or config.get("head_dim") or 0)),
        units=int(cast("int", config.get("units") or 0)),
        frozen=frozen,
        element_bytes=compute,
        weight_bytes=variable,
    )

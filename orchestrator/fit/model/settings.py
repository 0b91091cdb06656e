"""Pieces of a configuration that Keras 3 wrote: widths, activations, the optimizer, and the tensors that go into a call. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, cast

Config: TypeAlias = Mapping[str, object]


def activation_of(kind: str, config: Config) -> str:
    """The name of what a layer ends with; `linear` for nothing."""
    if kind in {"ReLU", "LeakyReLU", "ELU", "Softmax"}:
        return {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "Softmax": "softmax"}[kind]
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


def bytes_of(dtype: str) -> int:
    """Of one element."""
    return {"float16": 2, "bfloat16": 2, "float64": 8, "int64": 8, "uint8": 1, "int8": 1, "bool": 1}.get(
        dtype, 4
    )


def optimizer_of(config: Config) -> str:
    """What the model was compiled with; empty where it was not."""
    compiled = config.get("compile_config")
    optimizer = compiled.get("optimizer") if isinstance(compiled, Mapping) else None
    if isinstance(optimizer, Mapping):
        name = str(optimizer.get("class_name", "")).lower()
        return "momentum" if name == "sgd" and part(optimizer, "config").get("momentum") else name
    return str(optimizer or "").lower()


def shapes_made(layers: Sequence[Config]) -> Iterator[tuple[tuple[str, int], Sequence[object]]]:
    """What each call makes, as those that take it say it."""
    for layer in layers:
        for node in cast("Sequence[Config]", layer.get("inbound_nodes", ())):
            yield from tensors(node)


def tensors(value: object) -> Iterator[tuple[tuple[str, int], Sequence[object]]]:
    """Name and call of the layer that made it, and shape, of every tensor in the arguments of a call."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__keras_tensor__":
            inner = part(value, "config")
            name, call, _ = cast(
                "tuple[str, int, int]", tuple(cast("Sequence[object]", inner["keras_history"]))
            )
            yield (name, call), cast("Sequence[object]", inner["shape"])
            return
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from tensors(each)


def keys(ends: object) -> Iterator[tuple[str, int]]:
    """`[name, call, tensor]`, or a list or dictionary of such."""
    if isinstance(ends, Mapping):
        ends = list(ends.values())
    if isinstance(ends, list):
        if len(ends) == 3 and isinstance(ends[0], str):
            yield ends[0], int(ends[1])
            return
        for each in ends:
            yield from keys(each)


def part(value: object, key: str) -> Config:
    """A configuration within another; empty where there is none."""
    inner = value.get(key) if isinstance(value, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}

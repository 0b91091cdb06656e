"""A configuration that Keras wrote, as layers. Knows how Keras 3 writes graphs: each call names the shapes of what it takes. Pure.

Nested models are taken apart. Custom layers have shapes in the file like all others; their parameters it does not say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, cast

from orchestrator.errors import UsageError
from orchestrator.fit.model.description import Layer, Model, Shape
from orchestrator.fit.model.settings import (
    Config,
    activation_of,
    bytes_of,
    keys,
    optimizer_of,
    part,
    shapes_made,
    tensors,
    widths_of,
)
from orchestrator.fit.model.shapes import output_shape
from orchestrator.fit.model.weights import Weights, weights_of

Tensors: TypeAlias = dict[tuple[str, int], int]
"""Name of a layer and number of its call -> place of the layer that made it."""
NESTED = frozenset({"Functional", "Model", "Sequential"})


class UnreadableModelError(UsageError):
    """A layer is one of which this does not know what it holds, or a shape is open."""


def model_of(config: Config, *, length: int = 0) -> Model:
    """The model.

    Args:
        config: of the whole model.
        length: stands for a dimension that the model leaves open, as that of a sequence; 0 where nobody said one.

    Raises:
        UnreadableModelError: a layer or a shape cannot be told from the file.
    """
    reader = _Reader(length)
    reader.read(config, ())
    if not any(layer.parameters for layer in reader.layers):
        raise UnreadableModelError(
            "the model has no trained weights", "a model that was built, with layers such as Dense"
        )
    return Model(
        name=str(part(config, "config").get("name", "model")),
        layers=tuple(reader.layers),
        optimizer=optimizer_of(config),
    )


class _Reader:
    """Collects layers, of nested models too."""

    def __init__(self, length: int) -> None:
        self.layers: list[Layer] = []
        self._length = length

    def read(self, model: Config, given: tuple[int, ...]) -> int:
        """Add the layers of a model whose inputs are `given`, or are inputs of their own; the place of its output."""
        kind = str(model.get("class_name"))
        inner = part(model, "config")
        layers = inner.get("layers")
        if kind not in NESTED or not isinstance(layers, list):
            raise UnreadableModelError(
                f"{inner.get('name', 'the model')} is a {kind}, a class of its own: its file does not say its layers",
                "a model of class Functional or Sequential, or --parameters and --activations",
            )
        if kind == "Sequential":
            return self._sequential(layers, given)
        return self._functional(inner, layers, given)

    def _sequential(self, layers: Sequence[Config], given: tuple[int, ...]) -> int:
        last = given[0] if given else -1
        for number, layer in enumerate(layers):
            if layer.get("class_name") == "InputLayer":
                last = last if given else self._input(layer)
                continue
            if last < 0:
                last = self._open_input(layer)
            following = next(iter(layers[number + 1 :]), None)
            shape = self._built_for(following) if following else None
            last = self._add(layer, (last,), shape)
        return last

    def _functional(self, inner: Config, layers: Sequence[Config], given: tuple[int, ...]) -> int:
        made: Tensors = {}
        left = list(given)
        shapes = dict(shapes_made(layers))
        for layer in layers:
            name = str(layer.get("name"))
            if layer.get("class_name") == "InputLayer":
                made[name, 0] = left.pop(0) if left else self._input(layer)
                continue
            for call, node in enumerate(cast("Sequence[Config]", layer.get("inbound_nodes", ()))):
                sources = tuple(made[key] for key, _ in tensors(node) if key in made)
                shape = shapes.get((name, call))
                place = self._add(layer, sources, self._closed(shape, name) if shape is not None else None)
                if call:  # the same weights again
                    self.layers[place] = replace(self.layers[place], parameters=0, fixed=0, largest=0)
                made[name, call] = place
        ends = list(keys(inner.get("output_layers")))
        return made.get(ends[0], len(self.layers) - 1) if ends else len(self.layers) - 1

    def _add(self, layer: Config, sources: tuple[int, ...], shape: Shape | None) -> int:
        kind, config = str(layer.get("class_name")), part(layer, "config")
        name = str(config.get("name", kind))
        if kind in NESTED:
            return self.read(layer, sources)
        inputs = tuple(self.layers[place].output for place in sources)
        if kind in {"TimeDistributed", "Bidirectional"}:
            raise UnreadableModelError(
                f"layer {name} is a {kind}, whose inner layer is not read", "--parameters and --activations"
            )
        if not inputs:
            raise UnreadableModelError(
                f"layer {name} ({kind}) takes nothing that the file names", "--parameters and --activations"
            )
        held = weights_of(kind, config, inputs)
        if held is None:
            raise UnreadableModelError(
                f"layer {name} is a {kind}, whose weights are not known", "--parameters and --activations"
            )
        output = shape if shape is not None else output_shape(kind, config, inputs)
        if output is None:
            raise UnreadableModelError(
                f"layer {name} ({kind}): the file does not say what it makes",
                "--parameters and --activations",
            )
        self.layers.append(_layer(kind, config, held, (sources, inputs, output)))
        return len(self.layers) - 1

    def _input(self, layer: Config) -> int:
        config = part(layer, "config")
        shape = config.get("batch_shape") or config.get("batch_input_shape")
        name = str(config.get("name", "input"))
        return self._append_input(
            name,
            self._closed(cast("Sequence[object]", shape or ()), name),
            bytes_of(str(config.get("dtype"))),
        )

    def _open_input(self, first: Config) -> int:
        """Of a sequential model that has no input layer: that for which its first layer was built."""
        shape = self._built_for(first)
        if shape is None:
            raise UnreadableModelError(
                "the model does not say what it takes: it was never built",
                "call it once, or begin with keras.Input(shape)",
            )
        return self._append_input("input", shape, 4)

    def _append_input(self, name: str, shape: Shape, element_bytes: int) -> int:
        self.layers.append(
            Layer(
                name=name, kind="InputLayer", sources=(), inputs=(), output=shape, element_bytes=element_bytes
            )
        )
        return len(self.layers) - 1

    def _built_for(self, layer: Config) -> Shape | None:
        built = layer.get("build_config")
        shape = built.get("input_shape") if isinstance(built, Mapping) else None
        if not isinstance(shape, list) or any(isinstance(size, list) for size in shape):
            return None
        return self._closed(shape, str(part(layer, "config").get("name")))

    def _closed(self, shape: Sequence[object], name: str) -> Shape:
        """Without the batch, and with a number for what the model leaves open."""
        rest = shape[1:]
        if rest.count(None) > 1 or (None in rest and not self._length):
            raise UnreadableModelError(
                f"layer {name} has the shape {tuple(shape)}, which leaves more open than the batch",
                "--sequence-length 512"
                if rest.count(None) == 1
                else "save the model with the size of its input: keras.Input((224, 224, 3))",
            )
        return tuple(self._length if size is None else int(cast("int", size)) for size in rest)


def _layer(
    kind: str, config: Config, held: Weights, shapes: tuple[tuple[int, ...], tuple[Shape, ...], Shape]
) -> Layer:
    sources, inputs, output = shapes
    frozen = config.get("trainable") is False
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

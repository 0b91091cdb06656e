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
    Tensor,
    bytes_of,
    is_of_keras,
    is_quantized,
    keys,
    kind_of,
    layer_of,
    optimizer_of,
    part,
    shapes_made,
    taken,
)
from orchestrator.fit.model.shapes import output_shape
from orchestrator.fit.model.weights import weights_of

Tensors: TypeAlias = dict[Tensor, int]
"""Tensor -> place of the layer that made it."""
NESTED = frozenset({"Functional", "Model", "Sequential"})
MERGED = {"concat": "Concatenate", "sum": "Add", "ave": "Average", "mul": "Multiply"}
"""What joins both ways of `Bidirectional`, by its merge_mode."""


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
    try:
        reader.read(config, ())
        optimizer, more = optimizer_of(config)
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise UnreadableModelError(
            f"layer {reader.at} is not as Keras 3 writes it: {type(error).__name__}: {error}",
            "save the model again: model.save('model.keras')",
        ) from error
    if not any(layer.parameters for layer in reader.layers):
        raise UnreadableModelError(
            "the model has no trained weights", "a model that was built, with layers such as Dense"
        )
    return Model(
        name=str(part(config, "config").get("name", "model")),
        layers=tuple(reader.layers),
        optimizer=optimizer,
        slots_beside=more,
    )


class _Reader:
    """Collects layers, of nested models too."""

    def __init__(self, length: int) -> None:
        self.layers: list[Layer] = []
        self.at = ""
        """The layer that is read."""
        self._length = length

    def read(self, model: Config, given: tuple[int, ...]) -> tuple[int, ...]:
        """Add the layers of a model whose inputs are `given`, or are inputs of their own; the places of its outputs."""
        kind = str(model.get("class_name"))
        inner = part(model, "config")
        layers = inner.get("layers")
        if kind not in NESTED or not isinstance(layers, list) or not is_of_keras(model):
            raise UnreadableModelError(
                f"{inner.get('name', 'the model')} is a {kind}, a class of its own: its file does not say its layers",
                "a model of class Functional or Sequential, or --parameters and --activations",
            )
        if kind == "Sequential":
            return self._sequential(layers, given)
        return self._functional(inner, layers, given)

    def _sequential(self, layers: Sequence[Config], given: tuple[int, ...]) -> tuple[int, ...]:
        last = given[0] if given else -1
        for number, layer in enumerate(layers):
            if layer.get("class_name") == "InputLayer":
                last = last if given else self._input(layer)
                continue
            if last < 0:
                last = self._open_input(layer)
            following = next(iter(layers[number + 1 :]), None)
            shape = self._built_for(following) if following else None
            last = self._add(layer, (last,), (self.layers[last].output,), shape)[0]
        return (last,)

    def _functional(self, inner: Config, layers: Sequence[Config], given: tuple[int, ...]) -> tuple[int, ...]:
        made: Tensors = {}
        named = {
            name: place for (name, _, _), place in zip(keys(inner.get("input_layers")), given, strict=False)
        }
        shapes = dict(shapes_made(layers))
        for layer in layers:
            name = str(layer.get("name"))
            if layer.get("class_name") == "InputLayer":
                made[name, 0, 0] = named[name] if name in named else self._input(layer)
                continue
            for call, node in enumerate(cast("Sequence[Config]", layer.get("inbound_nodes", ()))):
                places, inputs = self._taken(kind_of(layer), node, made)
                shape = shapes.get((name, call, 0))
                start = len(self.layers)
                ends = self._add(
                    layer, places, inputs, self._closed(shape, name) if shape is not None else None
                )
                if call:
                    self.layers[start:] = map(_without_weights, self.layers[start:])
                made |= {(name, call, number): place for number, place in enumerate(ends)}
        return tuple(
            _maker(made, key) for key in keys(inner.get("output_layers")) if key[0] in {n for n, _, _ in made}
        ) or (len(self.layers) - 1,)

    def _taken(self, kind: str, node: Config, made: Tensors) -> tuple[tuple[int, ...], tuple[Shape, ...]]:
        """Places of the layers that made what a call takes, and the shapes of it."""
        places, shapes = [], []
        for (name, call, number), shape in taken(kind, node):
            if (name, call, 0) in made:
                place = made.get((name, call, number), made[name, call, 0])
                places.append(place)
                shapes.append(self.layers[place].output if None in shape[1:] else self._closed(shape, name))
        return tuple(places), tuple(shapes)

    def _add(
        self, layer: Config, sources: tuple[int, ...], inputs: tuple[Shape, ...], shape: Shape | None
    ) -> tuple[int, ...]:
        kind, config = kind_of(layer), part(layer, "config")
        name = self.at = str(config.get("name", kind))
        if kind in NESTED:
            return self.read(layer, sources)
        if not is_of_keras(layer):
            raise UnreadableModelError(
                f"layer {name} is a {kind} of your own or of another package, whose weights are not known",
                "--parameters and --activations",
            )
        if kind == "Bidirectional":
            return self._both_ways(config, sources, inputs)
        if not inputs:
            raise UnreadableModelError(
                f"layer {name} ({kind}) takes nothing that the file names", "--parameters and --activations"
            )
        if is_quantized(config.get("dtype")):
            raise UnreadableModelError(
                f"layer {name} is quantized, which is for a model that is used and not trained",
                "the model as it was before model.quantize()",
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
        self.layers.append(layer_of(kind, config, held, (sources, inputs, output)))
        return (len(self.layers) - 1,)

    def _both_ways(
        self, config: Config, sources: tuple[int, ...], inputs: tuple[Shape, ...]
    ) -> tuple[int, ...]:
        """A layer that reads forward, one that reads backward, and what joins them; where nothing does, both are outputs."""
        ways = (part(config, "layer"), part(config, "backward_layer") or part(config, "layer"))
        ends = tuple(self._add(each, sources, inputs, None)[0] for each in ways)
        merge = config.get("merge_mode", "concat")
        if merge is None:
            return ends
        join = {"class_name": MERGED[str(merge)], "config": {**config, "name": f"{self.at}-{merge}"}}
        return self._add(join, ends, tuple(self.layers[end].output for end in ends), None)

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
        sizes = tuple(self._length if size is None else int(cast("int", size)) for size in rest)
        if any(size < 0 for size in sizes):
            raise ValueError(f"the shape {tuple(shape)}")
        return sizes


def _maker(made: Tensors, key: Tensor) -> int:
    return made.get(key, made[key[0], key[1], 0])


def _without_weights(layer: Layer) -> Layer:
    """A further call: its weights were counted with the first."""
    return replace(layer, parameters=0, fixed=0, largest=0, again=layer.again or bool(layer.parameters))

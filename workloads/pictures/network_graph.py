"""The graph of a Keras model as a picture: a box for each layer, an arrow for each output that another one takes. Pure, but for reading the model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from workloads.pictures.svg import page, text

Model: TypeAlias = Any
"""Keras's, which comes with the training environment and is not there where types are checked."""

_WIDTH, _HEIGHT = 260, 48
_GAP_X, _GAP_Y = 40, 34
_TOP = 50
_ARROW_TIP = (
    "<defs><marker id='tip' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='8' markerHeight='8' orient='auto'>"
    "<path d='M0 0 8 4 0 8z' fill='#555'/></marker></defs>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A layer, or another operation."""

    name: str
    kind: str
    """Its class: `Dense`, `Dropout` …"""
    shape: str
    """Of its output, without the batch: `256`, `48 x 48 x 16`."""
    weights: int
    inputs: tuple[str, ...]
    """Names of the layers whose output it takes."""


def draw_model(title: str, model: Model) -> str:
    """The graph of a built model, Sequential or functional."""
    return draw(title, nodes(model))


def nodes(model: Model) -> tuple[Node, ...]:
    """The layers and operations of a built model, in Keras' order: none before its inputs."""
    config = model.get_config()
    inbound = {
        entry["name"]: tuple(dict.fromkeys(_sources(entry["inbound_nodes"])))
        for entry in config["layers"]
        if "inbound_nodes" in entry
    }
    found: list[Node] = []
    # What is no layer, as a logarithm, is an operation of the graph too; a Sequential has layers alone.
    for layer in getattr(model, "operations", model.layers):
        before = (found[-1].name,) if found else ()
        found.append(
            Node(
                name=layer.name,
                kind=type(layer).__name__,
                shape=" x ".join(str(size) for size in layer.output.shape[1:]),
                weights=layer.count_params() if hasattr(layer, "count_params") else 0,
                inputs=inbound.get(layer.name, before),
            )
        )
    return tuple(found)


def draw(title: str, layers: Sequence[Node]) -> str:
    """Each layer stands below all whose output it takes."""
    depth: dict[str, int] = {}
    rows: list[list[Node]] = []
    for node in layers:
        depth[node.name] = max((depth[name] + 1 for name in node.inputs), default=0)
        rows += [[] for _ in range(depth[node.name] + 1 - len(rows))]
        rows[depth[node.name]].append(node)
    widest = max((len(row) for row in rows), default=1)
    total = widest * (_WIDTH + _GAP_X) + _GAP_X
    places = {
        node.name: (
            total / 2 + (at - (len(row) - 1) / 2) * (_WIDTH + _GAP_X),
            _TOP + depth[node.name] * (_HEIGHT + _GAP_Y),
        )
        for row in rows
        for at, node in enumerate(row)
    }
    parts = [
        _ARROW_TIP,
        text(_GAP_X, 28, title, size=16),
    ]
    for node in layers:
        parts += [_arrow(places[source], places[node.name]) for source in node.inputs]
        parts += _box(node, *places[node.name])
    parts.append(
        text(
            _GAP_X,
            _TOP + len(rows) * (_HEIGHT + _GAP_Y),
            f"{sum(node.weights for node in layers):,} weights in all",
        )
    )
    return page(total, _TOP + len(rows) * (_HEIGHT + _GAP_Y) + 20, title, parts)


def _box(node: Node, x: float, y: float) -> list[str]:
    fill = "#dbe9f6" if node.weights else "#f2f2f2"
    weights = f", {node.weights:,} weights" if node.weights else ""
    return [
        f"<rect x='{x - _WIDTH / 2:g}' y='{y:g}' width='{_WIDTH}' height='{_HEIGHT}' rx='6' fill='{fill}' stroke='#555'/>",
        text(x, y + 20, f"{node.name} ({node.kind})", size=13, anchor="middle"),
        text(x, y + 38, f"{node.shape or 'one number'}{weights}", size=11, anchor="middle"),
    ]


def _arrow(source: tuple[float, float], target: tuple[float, float]) -> str:
    return (
        f"<line x1='{source[0]:g}' y1='{source[1] + _HEIGHT:g}' x2='{target[0]:g}' y2='{target[1]:g}' stroke='#555' "
        "marker-end='url(#tip)'/>"
    )


def _sources(part: object) -> Iterator[str]:
    """Names of the layers that a part of Keras' own description of a model takes outputs of."""
    if isinstance(part, Mapping):
        if "keras_history" in part:
            yield str(part["keras_history"][0])
        for inner in part.values():
            yield from _sources(inner)
    elif isinstance(part, (list, tuple)):
        for inner in part:
            yield from _sources(inner)

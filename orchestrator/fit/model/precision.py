"""The same model computed in another width. Pure."""

from dataclasses import replace

from orchestrator.errors import UsageError
from orchestrator.fit.model.description import Layer, Model

POLICIES = {
    "float32": (4, 4),
    "mixed_float16": (2, 4),
    "mixed_bfloat16": (2, 4),
    "float16": (2, 2),
    "bfloat16": (2, 2),
    "float64": (8, 8),
}
"""Keras' dtype policy -> bytes of what is computed with, and of a weight."""


def widths(policy: str) -> tuple[int, int]:
    """Bytes of an element and of a weight.

    Raises:
        UsageError: Keras has no such policy, or none that training knows.
    """
    if policy not in POLICIES:
        raise UsageError(f"no precision is known as {policy!r}", f"one of {', '.join(POLICIES)}")
    return POLICIES[policy]


def with_precision(model: Model, policy: str) -> Model:
    """The model under another policy; integers that it takes stay what they are. Raises as `widths`."""
    compute, variable = widths(policy)

    def changed(layer: Layer) -> Layer:
        if layer.kind == "InputLayer":
            return layer
        return replace(layer, element_bytes=compute, weight_bytes=variable)

    return replace(model, layers=tuple(map(changed, model.layers)))

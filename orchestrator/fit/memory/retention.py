"""What a layer's backward pass needs of its forward pass, for one example. Pure.

Read from the gradients of TensorFlow's operations and from how Keras 3 builds its layers of them; what XLA or cuDNN fuse may be less.
`benchmarks/fit_memory.py` compares the whole with what was measured.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from math import prod

from orchestrator.fit.model.description import Layer

FLOAT32 = 4
VIEWS = frozenset({"Flatten", "Reshape", "InputLayer", "Masking"})
"""They make no copy of what they take."""
NEEDS_INPUT = re.compile(
    r"Dense|\w*Conv\w+|(Batch|Group|Layer|RMS)Normalization|MultiHeadAttention|LSTM|GRU|SimpleRNN|Multiply|Maximum|Minimum|Dot|(Global)?MaxPooling[123]D"
)
NEEDS_OUTPUT = re.compile(r"Maximum|Minimum|(Global)?MaxPooling[123]D")
ACTIVATIONS_ON_OUTPUT = frozenset(
    {"elu", "exponential", "log_softmax", "relu", "relu6", "selu", "sigmoid", "softmax", "tanh"}
)
"""Their gradient is told by what they made: in place of what they took."""
KEPT_BY_ACTIVATION = {
    "gelu": 3,
    "silu": 1,
    "swish": 1,
    "leaky_relu": 1,
    "softplus": 1,
    "softsign": 1,
    "mish": 3,
    "hard_silu": 3,
    "hard_swish": 3,
    "hard_sigmoid": 2,
}
"""Tensors of the output's size that are kept beside it: gelu 0.5 x, its argument of erfc, and erfc."""
KEPT_BY_RECURRENT = {"LSTM": 12, "GRU": 10, "SimpleRNN": 3}
"""Vectors of `units` for each step of a sequence: gates before and after their activation, states."""


class Device(StrEnum):
    """What computes: scratch differs, what is kept does not."""

    CPU = "cpu"
    CARD = "card"
    """Convolutions have a workspace of cuDNN's, which is counted once for all of them."""


COPIES_BY_CPU = 2
"""Of what a convolution takes and makes, while its two gradients are computed side by side: each in the layout of oneDNN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Of one call of one layer."""

    needs_input: bool
    needs_output: bool
    kept: int
    """Bytes of its own, from the forward pass to the backward pass."""
    scratch: int
    """Bytes while its backward pass runs, beside the gradients of what it takes and makes."""
    in_place: bool
    """What it makes may lie where what it took lay, unless somebody still needs that."""
    view: bool


def retention(layer: Layer, device: Device = Device.CARD) -> Retention:
    """What is kept of a layer. Of a kind that is not known, input and output."""
    idle = layer.frozen and re.fullmatch(r"Dense|\w*Conv\w+|BatchNormalization", layer.kind)
    return Retention(
        needs_input=bool(NEEDS_INPUT.fullmatch(layer.kind)) and not idle,
        needs_output=bool(NEEDS_OUTPUT.fullmatch(layer.kind))
        or (layer.activation in ACTIVATIONS_ON_OUTPUT and layer.kind not in KEPT_BY_RECURRENT),
        kept=_kept(layer),
        scratch=_scratch(layer, device),
        in_place=layer.kind in {"Activation", "ReLU", "ELU", "Softmax", "Add"},
        view=layer.kind in VIEWS
        or (_is_dropout(layer) and not layer.rate)
        or (layer.kind == "Activation" and layer.activation == "linear"),
    )


def _is_dropout(layer: Layer) -> bool:
    return layer.kind.endswith("Dropout") or layer.kind.startswith("SpatialDropout")


def _kept(layer: Layer) -> int:
    width = layer.element_bytes
    kept = KEPT_BY_ACTIVATION.get(layer.activation, 0) * layer.size * width
    if _is_dropout(layer) and layer.rate:
        kept += layer.size  # one byte of mask an element
    if layer.kind == "MultiHeadAttention":
        kept += _attention(layer)
    if layer.kind.startswith("SeparableConv"):
        kept += prod(layer.output[:-1]) * layer.inputs[0][-1] * width
    if layer.kind in KEPT_BY_RECURRENT:
        kept += layer.inputs[0][0] * layer.units * KEPT_BY_RECURRENT[layer.kind] * width
    return kept


def _scores(layer: Layer) -> int:
    queries, keys = prod(layer.inputs[0][:-1]), prod(layer.inputs[min(1, len(layer.inputs) - 1)][:-1])
    return layer.heads * queries * keys


def _attention(layer: Layer) -> int:
    """Queries, keys, values, what the heads make, and the scores after softmax; with dropout also its mask and what it leaves."""
    projected = (
        layer.heads
        * layer.head_size
        * (2 * prod(layer.inputs[0][:-1]) + 2 * prod(layer.inputs[min(1, len(layer.inputs) - 1)][:-1]))
    )
    scores = _scores(layer)
    half_copy = scores * layer.element_bytes if layer.element_bytes < FLOAT32 else 0
    dropped = scores * (1 + layer.element_bytes) if layer.rate else 0
    return projected * layer.element_bytes + scores * FLOAT32 + half_copy + dropped


def _scratch(layer: Layer, device: Device) -> int:
    if layer.kind == "MultiHeadAttention":
        return 2 * _scores(layer) * FLOAT32
    if layer.kind.endswith("Normalization"):
        return (
            2 * layer.size * FLOAT32
        )  # moments are taken in float32, of half precision too: XLA converts twice, and keeps no copy
    if "Conv" in layer.kind and device is Device.CPU:
        return COPIES_BY_CPU * (sum(map(prod, layer.inputs)) + layer.size) * layer.element_bytes
    if layer.kind in KEPT_BY_RECURRENT:
        return layer.inputs[0][0] * layer.units * 4 * layer.element_bytes
    return KEPT_BY_ACTIVATION.get(layer.activation, 0) and layer.size * layer.element_bytes

"""What a layer's backward pass needs of its forward pass, for one example. Pure.

Read from the gradients of TensorFlow's operations and from how Keras 3 builds its layers of them; what XLA or cuDNN fuse may be less.
`benchmarks/fit_memory.py` compares the whole with what was measured.
"""

import re
from dataclasses import dataclass, replace
from math import prod

from orchestrator.fit.model.description import Layer
from orchestrator.fit.model.settings import ATTENTION

FLOAT32 = 4
VIEWS = frozenset({"Flatten", "Reshape", "InputLayer", "Masking"})
"""They make no copy of what they take."""
NEEDS_INPUT = re.compile(
    r"Dense|\w*Conv\w+|(Batch|Group|Layer|RMS)Normalization|MultiHeadAttention|GroupQueryAttention|LSTM|GRU|SimpleRNN|Multiply|Maximum|Minimum|Dot|(Global)?MaxPooling[123]D|PReLU|LayerScale"
    r"|ops\.(?!(Add|BroadcastTo|Cast|Concatenate|ExpandDims|Flip|GetItem|Mean|Moveaxis|Negative|Pad|Relu|Repeat|Reshape|Roll|Sigmoid|Softmax"
    r"|Split|Squeeze|Stack|Subtract|Sum|Swapaxes|Take|Tanh|Transpose|Unstack)$)\w+"
)
"""Of operations all but those whose gradient is linear, or is told by what they made."""
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
KEPT_BY_RECURRENT = {"LSTM": 7, "GRU": 6, "SimpleRNN": 1}
"""Vectors of `units` for each step of a sequence, as the loop of TensorFlow stacks them. LSTM: four gates behind their activation, the state
before, tanh of the state, the output before. GRU: two gates, one less the first, the candidate and its recurrent part, the state before.
"""


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


def retention(layer: Layer) -> Retention:
    """What is kept of a layer. Of a kind that is not known, input and output."""
    idle = layer.frozen and re.fullmatch(r"Dense|\w*Conv\w+|BatchNormalization", layer.kind)
    return Retention(
        needs_input=bool(NEEDS_INPUT.fullmatch(layer.kind)) and not idle,
        needs_output=bool(NEEDS_OUTPUT.fullmatch(layer.kind))
        or (layer.activation in ACTIVATIONS_ON_OUTPUT and layer.kind not in KEPT_BY_RECURRENT),
        kept=_kept(layer),
        scratch=_scratch(layer),
        in_place=layer.kind in {"Activation", "ReLU", "ELU", "Softmax", "Add"},
        view=layer.kind in VIEWS
        or (_is_dropout(layer) and not layer.rate)
        or (layer.kind == "Activation" and layer.activation == "linear"),
    )


def without_gradient(rule: Retention) -> Retention:
    """What is kept of a layer that no gradient goes through, as of those of a frozen model: nothing."""
    return replace(rule, needs_input=False, needs_output=False, kept=0, scratch=0)


def _is_dropout(layer: Layer) -> bool:
    return layer.kind.endswith("Dropout") or layer.kind.startswith("SpatialDropout")


def _kept(layer: Layer) -> int:
    width = layer.element_bytes
    kept = KEPT_BY_ACTIVATION.get(layer.activation, 0) * layer.size * width
    if _is_dropout(layer) and layer.rate:
        kept += layer.size  # one byte of mask an element
    if layer.kind in {"LayerNormalization", "RMSNormalization"}:
        kept += (
            layer.size * FLOAT32
        )  # inverse deviation times gamma, spread over all elements; or what gamma is multiplied with
    if layer.kind in ATTENTION:
        kept += _attention(layer)
    if layer.kind.startswith("SeparableConv"):
        kept += prod(layer.output[:-1]) * layer.inputs[0][-1] * width
    if layer.kind in KEPT_BY_RECURRENT:
        kept += layer.inputs[0][0] * layer.units * KEPT_BY_RECURRENT[layer.kind] * width
        kept += prod(layer.inputs[0]) * width  # turned, so that steps come first
    return kept


def _scores(layer: Layer) -> int:
    queries, keys = prod(layer.inputs[0][:-1]), prod(layer.inputs[min(1, len(layer.inputs) - 1)][:-1])
    return layer.heads * queries * keys


def _attention(layer: Layer) -> int:
    """Queries, keys, values, what the heads make, and the scores after softmax.

    With dropout also its mask and what it leaves; without it the scores once more, scaled: the graph's optimizer moves the factor of the
    backward pass to where it can be computed early. Keys and values of grouped queries are repeated for each head of the queries.
    """
    projected = (
        layer.heads
        * layer.head_size
        * (2 * prod(layer.inputs[0][:-1]) + 2 * prod(layer.inputs[min(1, len(layer.inputs) - 1)][:-1]))
    )
    scores = _scores(layer)
    half_copy = scores * layer.element_bytes if layer.element_bytes < FLOAT32 else 0
    again = scores * (1 + layer.element_bytes) if layer.rate else scores * FLOAT32
    return projected * layer.element_bytes + scores * FLOAT32 + half_copy + again


def _scratch(layer: Layer) -> int:
    if layer.kind in ATTENTION:
        return 2 * _scores(layer) * FLOAT32
    if layer.kind.endswith("Normalization"):
        return (
            2 * layer.size * FLOAT32
        )  # moments are taken in float32, of half precision too: XLA converts twice, and keeps no copy
    if layer.kind in KEPT_BY_RECURRENT:
        return 0  # one step's gates
    return KEPT_BY_ACTIVATION.get(layer.activation, 0) and layer.size * layer.element_bytes

"""A model as layers: what each makes, of what, with how many parameters. Values only.

Shapes are those of one example: without the batch.
"""

from dataclasses import dataclass
from math import prod

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One call of one layer."""

    name: str
    kind: str
    """Keras' class: `Conv2D`."""
    sources: tuple[int, ...]
    """Places in `Model.layers` of those whose outputs it takes; empty for an input."""
    inputs: tuple[Shape, ...]
    output: Shape
    parameters: int = 0
    """Trained."""
    fixed: int = 0
    """Kept, and not trained: moving averages, frozen weights."""
    largest: int = 0
    """Elements of its largest trained weight."""
    activation: str = "linear"
    rate: float = 0.0
    """Of dropout."""
    heads: int = 0
    head_size: int = 0
    """Elements of a key in one head."""
    units: int = 0
    """Of a recurrent layer."""
    again: bool = False
    """A further call of a layer that is trained: its weights are counted with the first."""
    frozen: bool = False
    element_bytes: int = 4
    """Of what it computes with; its weights have 4 in mixed precision too."""
    weight_bytes: int = 4

    @property
    def size(self) -> int:
        """Elements of its output."""
        return prod(self.output)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """All layers, each behind those that it takes something of."""

    name: str
    layers: tuple[Layer, ...]
    optimizer: str = ""
    """That it was compiled with; empty where it was not."""
    slots_beside: int = 0
    """Values for each weight that this optimizer keeps by its settings, as `amsgrad`, beside its own."""

    @property
    def parameters(self) -> int:
        """Trained ones."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def fixed(self) -> int:
        """Those that are not."""
        return sum(layer.fixed for layer in self.layers)

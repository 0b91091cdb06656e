"""What the training has to know of the framework that does its steps."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from workloads.distributed.shares import Share
from workloads.distributed.state.checkpoint import State
from workloads.distributed.state.network import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Of one step, over all replicas."""

    loss: float
    """The batch's mean, before the step."""
    right: float
    """Images whose class was known."""
    stops: float
    """How many replicas were asked to end: none goes on alone."""


class Trainer(Protocol):
    """Weights and Adam's averages on every replica, and the step that changes all alike."""

    replicas: int
    """Of all tasks."""
    own: tuple[int, ...]
    """The replicas of this task."""

    def load(self, state: State) -> None:
        """Set every replica's."""
        ...

    def state(self) -> State:
        """Of this task's first replica."""
        ...

    def copies(self) -> tuple[Array, ...]:
        """The weights of each replica of this task."""
        ...

    def step(self, of: Callable[[int], Share], *, pace: float, stop: bool) -> Sums:
        """One step of all tasks together; `of` gives a replica's share. Returns when it is over."""
        ...

    def step_alone(self, of: Callable[[int], Share], *, pace: float) -> None:
        """The same work on this task's replicas without the others, on copies that nobody keeps."""
        ...

    def logits(self, pixels: Array) -> Array:
        """What the network gives for these images, on this task."""
        ...

    def places(self) -> tuple[str, ...]:
        """The device that really holds the weights of each replica of this task, `GPU:0`."""
        ...

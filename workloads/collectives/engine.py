"""What has to be known of a framework that computes across tasks."""

from typing import Any, Protocol, TypeAlias

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""


class Collectives(Protocol):
    """TensorFlow's or JAX's connections between the tasks of a step."""

    transport: str
    """What carries sums between hosts: `nccl`, `gloo` or `grpc`."""

    def prepare(self) -> None:
        """To be called before the framework lists its devices."""
        ...

    def connect(self) -> None:
        """Connect to all tasks, once the framework is open; returns when all are connected."""
        ...

    def reducer(self, group: tuple[int, ...], key: int, length: int) -> "Reducer":
        """For sums over these ranks, of which this task is one. `key` tells groups that are alike apart; all of a group give the same.

        Args:
            group: ranks, in order.
            key: from 1; no two groups of a step have the same.
            length: float32 numbers in each.
        """
        ...

    def close(self) -> None:
        """Disconnect; called by all tasks."""
        ...


class Reducer(Protocol):
    """Adds up vectors of one length over one group."""

    def put(self, values: Array) -> object:
        """Copy a vector to where this task computes."""
        ...

    def add(self, tensor: object) -> object:
        """The sum over the group, still on the device; every task of the group calls it."""
        ...

    def wait(self, tensor: object) -> None:
        """Until it is there."""
        ...

    def fetch(self, tensor: object) -> Array:
        """Copy it to NumPy."""
        ...

    def place(self, tensor: object) -> str:
        """The device of this task that really holds it, `GPU:0`."""
        ...

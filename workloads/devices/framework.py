"""What a workload has to know of the framework below Keras. Nothing here changes where anything is computed."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

Tensor: TypeAlias = Any
Array: TypeAlias = Any
"""A tensor of whichever framework, and NumPy's array: neither is installed where types are checked."""


class Framework(Protocol):
    """TensorFlow, JAX or PyTorch."""

    def gpu_count(self) -> int:
        """How many GPUs the framework can use."""
        ...

    def separate(self, cpus: int) -> None:
        """To be called before the first operation: show the CPU as so many devices, and forbid that an operation is moved to
        another device than was asked. TensorFlow needs both; JAX was told the first before its import (`host.settings`) and
        moves nothing; PyTorch moves nothing either, and has one CPU whatever it is told.
        """
        ...

    def devices(self) -> tuple[str, ...]:
        """Every device by its name, the CPUs first: `CPU:0`, `CPU:1`, `GPU:0` …"""
        ...

    def place(self, tensor: Tensor) -> str:
        """The device that really holds a tensor: `CPU:0`, `GPU:1` …"""
        ...

    def peak_mib(self) -> int:
        """The most memory that the framework has taken of any one GPU so far, rounded up."""
        ...

    def exactly(self) -> AbstractContextManager[object]:
        """Within it, float32 keeps its 24 bits: the shorter formats of newer cards (TensorFloat-32) are off."""
        ...

    def put(self, array: Array, device: str) -> Tensor:
        """Copy an array to a device such as `GPU:1`."""
        ...

    def fetch(self, tensor: Tensor) -> Array:
        """Copy a tensor to NumPy."""
        ...

    def move(self, tensor: Tensor, device: str) -> Tensor:
        """Copy a tensor to a device such as `CPU:0`, by the framework's own means."""
        ...

    def join(self, left: Tensor, right: Tensor) -> Tensor:
        """Two vectors, one behind the other, where the first is."""
        ...

    def add(self, left: Tensor, right: Tensor) -> Tensor:
        """The sum, element by element, where the first is."""
        ...

    def scale(self, left: Tensor, right: Tensor) -> Tensor:
        """The product, element by element, where the first is."""
        ...

    def multiply(self, left: Tensor, right: Tensor) -> Tensor:
        """The matrix product, where its factors are."""
        ...

    def differentiate(
        self, weights: Sequence[Tensor], images: Tensor, classes: Tensor
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Loss, logits and gradients of the network of `known_answer.reference`, where the weights are."""
        ...

    def descend(
        self, weights: Sequence[Tensor], gradients: Sequence[Tensor], rate: float
    ) -> Sequence[Tensor]:
        """The weights after one step of gradient descent, where they were."""
        ...

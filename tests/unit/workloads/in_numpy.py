"""A framework made of NumPy: what the sums are put to where none is installed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from workloads.known_answer import reference


class InNumPy:
    """A framework with one CPU, which computes in float32."""

    def gpu_count(self) -> int:
        return 0

    def separate(self, cpus: int) -> None:
        """It has one, whatever is asked."""

    def devices(self) -> tuple[str, ...]:
        return ("CPU:0",)

    def place(self, tensor: Any) -> str:
        return "CPU:0"

    def peak_mib(self) -> int:
        return 0

    @contextmanager
    def exactly(self) -> Iterator[None]:
        yield

    def put(self, array: Any, device: str) -> Any:
        return array.copy()

    def fetch(self, tensor: Any) -> Any:
        return np.asarray(tensor)

    def move(self, tensor: Any, device: str) -> Any:
        return tensor

    def join(self, left: Any, right: Any) -> Any:
        return np.concatenate([left, right])

    def add(self, left: Any, right: Any) -> Any:
        return left + right

    def scale(self, left: Any, right: Any) -> Any:
        return left * right

    def multiply(self, left: Any, right: Any) -> Any:
        return left @ right

    def differentiate(
        self, weights: Sequence[Any], images: Any, classes: Any
    ) -> tuple[Any, Any, tuple[Any, ...]]:
        loss, logits, gradients = reference.differentiate(weights, images, classes)
        return np.float32(loss), logits, gradients

    def descend(self, weights: Sequence[Any], gradients: Sequence[Any], rate: float) -> Sequence[Any]:
        return [
            (weight - rate * gradient).astype(np.float32)
            for weight, gradient in zip(weights, gradients, strict=True)
        ]

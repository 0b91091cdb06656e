"""The one door to JAX as such."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib import import_module

from workloads.devices.cards import Card, mib
from workloads.devices.framework import Array, Tensor


class Jax:
    """Imports it, and sets what must be set before its first operation."""

    def __init__(self, limit_mib: int | None, cards: Sequence[Card]) -> None:
        if limit_mib is not None and cards:
            # JAX takes a share of each card. Of the largest, so that the limit holds on all.
            share = limit_mib / max(card.memory_mib for card in cards)
            os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{share:.6f}"
        self._jax = import_module("jax")
        self._gpus = [device for device in self._jax.local_devices() if device.platform == "gpu"]
        self._compiled = self._jax.jit(self._jax.value_and_grad(self._loss, has_aux=True))

    def gpu_count(self) -> int:
        """See Framework."""
        return len(self._gpus)

    def separate(self, cpus: int) -> None:
        """See Framework."""

    def devices(self) -> tuple[str, ...]:
        """See Framework."""
        cpus = (f"CPU:{index}" for index in range(len(self._jax.local_devices(backend="cpu"))))
        return (*cpus, *(f"GPU:{index}" for index in range(len(self._gpus))))

    def place(self, tensor: Tensor) -> str:
        """See Framework."""
        (device,) = tensor.devices()
        return f"{device.platform.upper()}:{device.id}"

    def peak_mib(self) -> int:
        """See Framework."""
        return max(mib(gpu.memory_stats()["peak_bytes_in_use"]) for gpu in self._gpus)

    def exactly(self) -> AbstractContextManager[object]:
        """See Framework."""
        context: AbstractContextManager[object] = self._jax.default_matmul_precision("highest")
        return context

    def put(self, array: Array, device: str) -> Tensor:
        """See Framework."""
        return self.move(array, device)

    def fetch(self, tensor: Tensor) -> Array:
        """See Framework."""
        return import_module("numpy").asarray(tensor)

    def move(self, tensor: Tensor, device: str) -> Tensor:
        """See Framework."""
        kind, _, index = device.partition(":")
        devices = self._gpus if kind == "GPU" else self._jax.local_devices(backend="cpu")
        return self._jax.device_put(tensor, devices[int(index)])

    def join(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        return self._jax.numpy.concatenate([left, right])

    def add(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        return left + right

    def scale(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        return left * right

    def multiply(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        return self._jax.numpy.matmul(left, right)

    def differentiate(
        self, weights: Sequence[Tensor], images: Tensor, classes: Tensor
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """See Framework."""
        (loss, logits), gradients = self._compiled(tuple(weights), images, classes)
        return loss, logits, gradients

    def descend(
        self, weights: Sequence[Tensor], gradients: Sequence[Tensor], rate: float
    ) -> Sequence[Tensor]:
        """See Framework."""
        return [weight - rate * gradient for weight, gradient in zip(weights, gradients, strict=True)]

    def _loss(self, weights: tuple[Tensor, ...], images: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        first_kernel, first_bias, second_kernel, second_bias, dense, dense_bias = weights
        hidden = self._jax.nn.relu(self._convolve(images, first_kernel) + first_bias)
        hidden = self._jax.nn.relu(self._convolve(hidden, second_kernel) + second_bias)
        logits = hidden.reshape(len(classes), -1) @ dense + dense_bias
        shares = self._jax.nn.log_softmax(logits)
        return -shares[self._jax.numpy.arange(len(classes)), classes].mean(), logits

    def _convolve(self, images: Tensor, kernel: Tensor) -> Tensor:
        layout = ("NHWC", "HWIO", "NHWC")
        return self._jax.lax.conv_general_dilated(images, kernel, (2, 2), "VALID", dimension_numbers=layout)

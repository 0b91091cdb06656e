"""The one door to PyTorch as such."""

import contextlib
from collections.abc import Iterator, Sequence
from importlib import import_module

from workloads.devices.cards import Card, mib
from workloads.devices.framework import Array, Tensor


class Torch:
    """Imports it, and sets what must be set before its first operation."""

    def __init__(self, limit_mib: int | None, cards: Sequence[Card]) -> None:
        self._torch = import_module("torch")
        self._cuda = self._torch.cuda
        if limit_mib is not None:
            for index, card in enumerate(cards[: self.gpu_count()]):
                self._cuda.set_per_process_memory_fraction(limit_mib / card.memory_mib, index)

    def gpu_count(self) -> int:
        """See Framework."""
        return int(self._cuda.device_count()) if self._cuda.is_available() else 0

    def separate(self, cpus: int) -> None:
        """See Framework."""

    def devices(self) -> tuple[str, ...]:
        """See Framework."""
        return ("CPU:0", *(f"GPU:{index}" for index in range(self.gpu_count())))

    def place(self, tensor: Tensor) -> str:
        """See Framework."""
        kind = {"cuda": "GPU"}.get(tensor.device.type, tensor.device.type.upper())
        return f"{kind}:{tensor.device.index or 0}"

    def peak_mib(self) -> int:
        """See Framework."""
        return max(mib(self._cuda.max_memory_reserved(index)) for index in range(self.gpu_count()))

    @contextlib.contextmanager
    def exactly(self) -> Iterator[None]:
        """See Framework."""
        backends = self._torch.backends
        before = backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32
        backends.cuda.matmul.allow_tf32 = backends.cudnn.allow_tf32 = False
        try:
            yield
        finally:
            backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32 = before

    def put(self, array: Array, device: str) -> Tensor:
        """See Framework."""
        return self._torch.tensor(array, device=_device(device))

    def fetch(self, tensor: Tensor) -> Array:
        """See Framework."""
        return tensor.detach().cpu().numpy()

    def move(self, tensor: Tensor, device: str) -> Tensor:
        """See Framework."""
        return tensor.to(_device(device))

    def join(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        return self._torch.cat([left, right])

    def add(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        return left + right

    def scale(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        return left * right

    def multiply(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        return left @ right

    def differentiate(
        self, weights: Sequence[Tensor], images: Tensor, classes: Tensor
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """See Framework. PyTorch keeps channels first: kernels and images are turned, and what comes out is turned back."""
        relu = self._torch.nn.functional.relu
        with self._torch.enable_grad():
            leaves = tuple(weight.detach().requires_grad_() for weight in weights)
            first_kernel, first_bias, second_kernel, second_bias, dense, dense_bias = leaves
            hidden = relu(self._convolve(images.permute(0, 3, 1, 2), first_kernel, first_bias))
            hidden = relu(self._convolve(hidden, second_kernel, second_bias))
            logits = hidden.permute(0, 2, 3, 1).reshape(len(classes), -1) @ dense + dense_bias
            loss = self._torch.nn.functional.cross_entropy(logits, classes)
            gradients = self._torch.autograd.grad(loss, leaves)
        return loss, logits, gradients

    def descend(
        self, weights: Sequence[Tensor], gradients: Sequence[Tensor], rate: float
    ) -> Sequence[Tensor]:
        """See Framework."""
        with self._torch.no_grad():
            return [weight - rate * gradient for weight, gradient in zip(weights, gradients, strict=True)]

    def _convolve(self, images: Tensor, kernel: Tensor, bias: Tensor) -> Tensor:
        return self._torch.nn.functional.conv2d(images, kernel.permute(3, 2, 0, 1), bias, stride=2)


def _device(name: str) -> str:
    """`cuda:1` of `GPU:1`. Of CPUs PyTorch has one, whatever its number."""
    kind, _, index = name.partition(":")
    return "cpu" if kind == "CPU" else f"cuda:{index}"

"""The load in PyTorch."""

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module

from workloads.devices.framework import Array, Framework, Tensor
from workloads.gpu_burn.engines import engine


class TorchEngine:
    """See Engine."""

    def __init__(self, framework: Framework) -> None:
        self._framework = framework
        self._torch = torch = import_module("torch")
        self._types = {
            "float32": torch.float32,
            "tf32": torch.float32,
            "float16": torch.float16,
            "bfloat16": torch.bfloat16,
            "float64": torch.float64,
            "int8": torch.int8,
        }
        if framework.gpu_count() and hasattr(torch, "float8_e4m3fn"):
            self._types["float8"] = torch.float8_e4m3fn

    @property
    def formats(self) -> tuple[str, ...]:
        """See Engine. float8 is multiplied on GPUs only."""
        return tuple(self._types)

    def format(self, name: str) -> AbstractContextManager[object]:
        """See Engine. PyTorch's switch is one for all threads: they compute the same format at the same time."""
        self._torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
        return nullcontext()

    def matrix(self, array: Array, name: str, device: str) -> Tensor:
        """See Engine."""
        return self._framework.put(array, device).to(self._types[name])

    def multiply(self, left: Tensor, right: Tensor) -> Tensor:
        """See Engine."""
        if left.dtype == self._torch.int8:
            return self._torch._int_mm(left, right)  # noqa: SLF001  it has no other
        if left.dtype == self._types.get("float8"):
            one = self._torch.ones((), device=left.device)
            by_columns = right.t().contiguous().t()
            return self._torch._scaled_mm(  # noqa: SLF001  it has no other
                left, by_columns, scale_a=one, scale_b=one, out_dtype=self._torch.bfloat16
            )
        return left @ right

    def differences(self, left: Tensor, right: Tensor) -> Tensor:
        """See Engine."""
        return (left != right).sum()

    def widened(self, tensor: Tensor) -> Array:
        """See Engine."""
        wide = tensor.dtype in (self._torch.float32, self._torch.float64, self._torch.int32)
        return self._framework.fetch(tensor if wide else tensor.float())

    def wait(self, tensor: Tensor) -> None:
        """See Engine."""
        if tensor.is_cuda:
            self._torch.cuda.synchronize(tensor.device)

    def invert(self, tensor: Tensor) -> Tensor:
        """See Engine."""
        return ~tensor

    def pattern(self, kind: str, base: Tensor, offset: int, step: int) -> Tensor:
        """See Engine."""
        address = base + offset
        return engine.pattern_by_operators(kind, address, step, self._torch.ones_like(address))

    def total(self, tensor: Tensor) -> Tensor:
        """See Engine."""
        return tensor.sum()

    def pin(self, array: Array, device: str) -> Tensor | None:
        """See Engine."""
        return self._torch.from_numpy(array).pin_memory() if device.startswith("GPU") else None

    def move(self, tensor: Tensor, device: str) -> Tensor:
        """See Engine."""
        kind, _, index = device.partition(":")
        return tensor.to("cpu" if kind == "CPU" else f"cuda:{index}", non_blocking=True)

    def pull_pinned(self, tensor: Tensor) -> Tensor | None:
        """See Engine."""
        if not tensor.is_cuda:
            return None
        pinned = self._torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        pinned.copy_(tensor, non_blocking=True)
        self._torch.cuda.synchronize(tensor.device)
        return pinned

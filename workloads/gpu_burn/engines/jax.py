"""The load in JAX, compiled by XLA."""

from contextlib import AbstractContextManager
from importlib import import_module

from workloads.devices.framework import Array, Framework, Tensor
from workloads.gpu_burn.engines import engine

_NOTHING = 0.0
"""Put on a device to ask which one it is."""


class JaxEngine:
    """See Engine."""

    formats = engine.FORMATS

    def __init__(self, framework: Framework) -> None:
        self._framework = framework
        self._jax = jax = import_module("jax")
        jax.config.update("jax_enable_x64", True)  # noqa: FBT003  else float64 and int64 are cut to 32 bits
        numpy = jax.numpy
        self._types = {
            "float32": numpy.float32,
            "tf32": numpy.float32,
            "float16": numpy.float16,
            "bfloat16": numpy.bfloat16,
            "float64": numpy.float64,
            "int8": numpy.int8,
            "float8": numpy.float8_e4m3fn,
        }
        sums = {"int8": numpy.int32, "float8_e4m3fn": numpy.float32}
        self._multiply = jax.jit(
            lambda left, right: numpy.matmul(left, right, preferred_element_type=sums.get(left.dtype.name))
        )
        self._differences = jax.jit(lambda left, right: (left != right).sum())
        self._invert = jax.jit(lambda tensor: ~tensor)
        self._total = jax.jit(lambda tensor: tensor.sum())
        self._pattern = jax.jit(self._patterned, static_argnums=0)

    def format(self, name: str) -> AbstractContextManager[object]:
        """See Engine."""
        precision = "tensorfloat32" if name == "tf32" else "highest"
        context: AbstractContextManager[object] = self._jax.default_matmul_precision(precision)
        return context

    def matrix(self, array: Array, name: str, device: str) -> Tensor:
        """See Engine."""
        return self._framework.put(array, device).astype(self._types[name])

    def multiply(self, left: Tensor, right: Tensor) -> Tensor:
        """See Engine."""
        return self._multiply(left, right)

    def differences(self, left: Tensor, right: Tensor) -> Tensor:
        """See Engine."""
        return self._differences(left, right)

    def widened(self, tensor: Tensor) -> Array:
        """See Engine."""
        wide = tensor.dtype.name in ("float32", "float64", "int32")
        return self._framework.fetch(tensor if wide else tensor.astype("float32"))

    def wait(self, tensor: Tensor) -> None:
        """See Engine."""
        tensor.block_until_ready()

    def invert(self, tensor: Tensor) -> Tensor:
        """See Engine."""
        return self._invert(tensor)

    def pattern(self, kind: str, base: Tensor, offset: int, step: int) -> Tensor:
        """See Engine."""
        # A value, not a part of the program: else each offset would be compiled anew.
        number = import_module("numpy").int64
        return self._pattern(kind, base, number(offset), number(step))

    def total(self, tensor: Tensor) -> Tensor:
        """See Engine."""
        return self._total(tensor)

    def pin(self, array: Array, device: str) -> Tensor | None:
        """See Engine."""
        return self._pinned(array, next(iter(self._framework.put(_NOTHING, device).devices())))

    def move(self, tensor: Tensor, device: str) -> Tensor:
        """See Engine."""
        target = next(iter(self._framework.put(_NOTHING, device).devices()))
        return self._jax.device_put(tensor, self._place(target, target.default_memory().kind))

    def pull_pinned(self, tensor: Tensor) -> Tensor | None:
        """See Engine."""
        return self._pinned(tensor, next(iter(tensor.devices())))

    def _pinned(self, source: Tensor, device: Tensor) -> Tensor | None:
        if "pinned_host" not in {memory.kind for memory in device.addressable_memories()}:
            return None
        return self._jax.device_put(source, self._place(device, "pinned_host"))

    def _place(self, device: Tensor, memory: str) -> Tensor:
        return self._jax.sharding.SingleDeviceSharding(device, memory_kind=memory)

    def _patterned(self, kind: str, base: Tensor, offset: Tensor, step: Tensor) -> Tensor:
        return engine.pattern_by_operators(kind, base + offset, step, self._jax.numpy.int64(1))

"""The load in TensorFlow, eager but for int8, which its kernels for GPUs do not have and XLA has."""

from contextlib import AbstractContextManager, nullcontext
from importlib import import_module

from workloads.devices.framework import Array, Framework, Tensor
from workloads.gpu_burn.engines import engine


class TensorFlowEngine:
    """See Engine."""

    formats = ("float32", "tf32", "float16", "bfloat16", "float64", "int8")

    def __init__(self, framework: Framework) -> None:
        self._framework = framework
        self._tf = tf = import_module("tensorflow")
        self._types = {
            "float32": tf.float32,
            "tf32": tf.float32,
            "float16": tf.float16,
            "bfloat16": tf.bfloat16,
            "float64": tf.float64,
            "int8": tf.int8,
        }
        self._multiply_int8 = tf.function(
            lambda left, right: tf.matmul(left, right, output_type=tf.int32), jit_compile=True
        )

    def format(self, name: str) -> AbstractContextManager[object]:
        """See Engine. TensorFlow's switch is one for all threads: they compute the same format at the same time."""
        self._tf.config.experimental.enable_tensor_float_32_execution(enabled=name == "tf32")
        return nullcontext()

    def matrix(self, array: Array, name: str, device: str) -> Tensor:
        """See Engine."""
        with self._tf.device(device):
            return self._tf.cast(self._framework.put(array, device), self._types[name])

    def multiply(self, left: Tensor, right: Tensor) -> Tensor:
        """See Engine."""
        with self._tf.device(left.device):
            if left.dtype == self._tf.int8:
                return self._multiply_int8(left, right)
            return self._tf.matmul(left, right)

    def differences(self, left: Tensor, right: Tensor) -> Tensor:
        """See Engine. int64: int32 would be counted by the CPU."""
        with self._tf.device(left.device):
            return self._tf.reduce_sum(self._tf.cast(self._tf.not_equal(left, right), self._tf.int64))

    def widened(self, tensor: Tensor) -> Array:
        """See Engine."""
        narrow = tensor.dtype in (self._tf.float16, self._tf.bfloat16)
        with self._tf.device(tensor.device):
            return (self._tf.cast(tensor, self._tf.float32) if narrow else tensor).numpy()

    def wait(self, tensor: Tensor) -> None:
        """See Engine."""
        with self._tf.device(tensor.device):
            self._tf.reshape(tensor, (-1,))[:1].numpy()

    def invert(self, tensor: Tensor) -> Tensor:
        """See Engine."""
        with self._tf.device(tensor.device):
            return self._tf.bitwise.invert(tensor)

    def pattern(self, kind: str, base: Tensor, offset: int, step: int) -> Tensor:
        """See Engine."""
        tf, bits = self._tf, self._tf.bitwise
        with tf.device(base.device):
            address = base + self._number(offset)
            if kind == engine.ADDRESS:
                return address
            if kind == engine.ADDRESS_INVERTED:
                return bits.invert(address)
            if kind == engine.RANDOM:
                mixed = address * self._number(engine.FIRST_FACTOR) + self._number(step * engine.STEP_FACTOR)
                mixed = bits.bitwise_xor(mixed, bits.right_shift(mixed, self._number(31)))
                mixed *= self._number(engine.SECOND_FACTOR)
                return bits.bitwise_xor(mixed, bits.right_shift(mixed, self._number(27)))
            place = bits.bitwise_and(address + self._number(step), self._number(63))
            walking = bits.left_shift(self._number(1), place)
            return bits.invert(walking) if kind == engine.ZEROS else walking

    def total(self, tensor: Tensor) -> Tensor:
        """See Engine."""
        with self._tf.device(tensor.device):
            return self._tf.reduce_sum(tensor)

    def pin(self, array: Array, device: str) -> Tensor | None:
        """See Engine."""
        del array, device
        return None

    def move(self, tensor: Tensor, device: str) -> Tensor:
        """See Engine."""
        with self._tf.device(device):
            return self._tf.identity(tensor)

    def pull_pinned(self, tensor: Tensor) -> Tensor | None:
        """See Engine."""
        del tensor
        return None

    def _number(self, value: int) -> Tensor:
        return self._tf.constant(value, self._tf.int64)

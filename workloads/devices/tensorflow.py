"""The one door to TensorFlow as such."""

import contextlib
from collections.abc import Iterator, Sequence
from importlib import import_module

from workloads.devices.cards import Card, mib
from workloads.devices.framework import Array, Tensor


class TensorFlow:
    """Imports it, and sets what must be set before its first operation."""

    def __init__(self, limit_mib: int | None, cards: Sequence[Card]) -> None:
        del cards
        self._tf = import_module("tensorflow")
        for gpu in self._tf.config.list_physical_devices("GPU"):
            if limit_mib is None:
                # Else it takes all of the card's memory, also what others on the host are about to need.
                self._tf.config.experimental.set_memory_growth(gpu, enable=True)
            else:
                limited = self._tf.config.LogicalDeviceConfiguration(memory_limit=limit_mib)
                self._tf.config.set_logical_device_configuration(gpu, [limited])

    def gpu_count(self) -> int:
        """See Framework."""
        return len(self._tf.config.list_physical_devices("GPU"))

    def separate(self, cpus: int) -> None:
        """See Framework. Without soft placement an operation that its device cannot do fails, and is not done by the CPU."""
        config = self._tf.config
        (cpu,) = config.list_physical_devices("CPU")
        config.set_logical_device_configuration(cpu, [config.LogicalDeviceConfiguration()] * cpus)
        config.set_soft_device_placement(enabled=False)

    def devices(self) -> tuple[str, ...]:
        """See Framework."""
        names = (device.name for device in self._tf.config.list_logical_devices())
        return tuple(sorted(name.partition("device:")[2] for name in names if ":XLA_" not in name))

    def place(self, tensor: Tensor) -> str:
        """See Framework."""
        spec = self._tf.DeviceSpec.from_string(tensor.device)
        return f"{spec.device_type}:{spec.device_index}"

    def peak_mib(self) -> int:
        """See Framework."""
        info = self._tf.config.experimental.get_memory_info
        return max(mib(info(f"GPU:{index}")["peak"]) for index in range(self.gpu_count()))

    @contextlib.contextmanager
    def exactly(self) -> Iterator[None]:
        """See Framework. Soft placement stays as it is: small helpers of a gradient have no kernel on a GPU."""
        config = self._tf.config.experimental
        before = config.tensor_float_32_execution_enabled()
        config.enable_tensor_float_32_execution(enabled=False)
        try:
            yield
        finally:
            config.enable_tensor_float_32_execution(enabled=before)

    def put(self, array: Array, device: str) -> Tensor:
        """See Framework."""
        with self._tf.device(device):
            return self._tf.identity(self._tf.convert_to_tensor(array))

    def fetch(self, tensor: Tensor) -> Array:
        """See Framework."""
        return tensor.numpy()

    def move(self, tensor: Tensor, device: str) -> Tensor:
        """See Framework."""
        with self._tf.device(device):
            return self._tf.identity(tensor)

    def join(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        with self._tf.device(left.device):
            return self._tf.concat([left, right], 0)

    def add(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        with self._tf.device(left.device):
            return self._tf.add(left, right)

    def scale(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        with self._tf.device(left.device):
            return self._tf.multiply(left, right)

    def multiply(self, left: Tensor, right: Tensor) -> Tensor:
        """See Framework."""
        with self._tf.device(left.device):
            return self._tf.matmul(left, right)

    def differentiate(
        self, weights: Sequence[Tensor], images: Tensor, classes: Tensor
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """See Framework."""
        tf = self._tf
        with tf.device(weights[0].device), tf.GradientTape() as tape:
            tape.watch(weights)
            first_kernel, first_bias, second_kernel, second_bias, dense, dense_bias = weights
            hidden = tf.nn.relu(tf.nn.conv2d(images, first_kernel, 2, "VALID") + first_bias)
            hidden = tf.nn.relu(tf.nn.conv2d(hidden, second_kernel, 2, "VALID") + second_bias)
            logits = tf.reshape(hidden, (len(classes), -1)) @ dense + dense_bias
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=classes, logits=logits)
            loss = tf.reduce_mean(losses)
            gradients = tape.gradient(loss, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return loss, logits, tuple(gradients)

    def descend(
        self, weights: Sequence[Tensor], gradients: Sequence[Tensor], rate: float
    ) -> Sequence[Tensor]:
        """See Framework."""
        with self._tf.device(weights[0].device):
            return [weight - rate * gradient for weight, gradient in zip(weights, gradients, strict=True)]

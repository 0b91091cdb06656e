"""The step in JAX: one program over arrays that lie on all hosts. The gradients of all layers, the loss and the wish to end are one sum."""

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, TypeAlias

from workloads.collectives.jax import AXIS
from workloads.distributed.engines.engine import Sums
from workloads.distributed.shares import Share
from workloads.distributed.state.checkpoint import State
from workloads.distributed.state.network import (
    EPSILON,
    FIRST_DECAY,
    LENGTH,
    SECOND_DECAY,
    Array,
    initial,
    layers,
)

Tensor: TypeAlias = Any
"""JAX's, and its module: not installed where types are checked."""


class JaxTrainer:
    """See Trainer."""

    def __init__(self, batch: int) -> None:
        import numpy as np

        jax = self._jax = import_module("jax")
        sharding = import_module("jax.sharding")
        devices = sorted(jax.devices(), key=lambda device: (device.process_index, device.id))
        self.replicas = len(devices)
        self.own = tuple(
            index for index, device in enumerate(devices) if device.process_index == jax.process_index()
        )
        self._batch = batch
        mesh = sharding.Mesh(np.array(devices), (AXIS,))
        self._everywhere = sharding.NamedSharding(mesh, sharding.PartitionSpec())
        self._split = sharding.NamedSharding(mesh, sharding.PartitionSpec(AXIS))
        split, whole = sharding.PartitionSpec(AXIS), sharding.PartitionSpec()
        together = _of_each_replica(
            partial(self._step, axis=AXIS), mesh, (whole, split, split, whole), (whole, whole)
        )
        self._together = jax.jit(together, donate_argnums=0)
        self._by_itself = jax.jit(self._step)
        self._forward = jax.jit(self._network)
        zeros = np.zeros(LENGTH, np.float32)
        self._copies = tuple(
            jax.device_put(each, jax.local_devices()[0]) for each in (initial(0), zeros, zeros)
        )
        self._state: Sequence[Tensor] = ()
        self.load(State(weights=initial(0), first=zeros, second=zeros))

    def load(self, state: State) -> None:
        """See Trainer."""
        self._state = tuple(
            self._jax.make_array_from_process_local_data(self._everywhere, each, each.shape)
            for each in (state.weights, state.first, state.second)
        )

    def state(self) -> State:
        """See Trainer."""
        import numpy as np

        weights, first, second = (np.asarray(each.addressable_data(0)) for each in self._state)
        return State(weights=weights, first=first, second=second)

    def copies(self) -> tuple[Array, ...]:
        """See Trainer."""
        import numpy as np

        return tuple(np.asarray(shard.data) for shard in self._state[0].addressable_shards)

    def step(self, of: Callable[[int], Share], *, pace: float, stop: bool) -> Sums:
        """See Trainer."""
        import numpy as np

        shares = [of(replica) for replica in self.own]
        wishes = np.full(len(shares), float(stop), np.float32)
        self._state, told = self._together(
            self._state,
            (
                self._joined([one.pixels for one in shares]),
                self._joined([one.classes for one in shares]),
                self._joined([one.counted for one in shares]),
            ),
            self._joined([wishes]),
            np.float32(pace),
        )
        loss, right, stops = np.asarray(told.addressable_data(0)).tolist()
        return Sums(loss=loss, right=right, stops=stops)

    def step_alone(self, of: Callable[[int], Share], *, pace: float) -> None:
        """See Trainer. One replica after another: on hosts with several cards that is slower than they are together."""
        import numpy as np

        for replica in self.own:
            one = of(replica)
            self._copies, told = self._by_itself(
                self._copies,
                (one.pixels, one.classes, one.counted),
                np.zeros(1, np.float32),
                np.float32(pace),
            )
        told.block_until_ready()

    def logits(self, pixels: Array) -> Array:
        """See Trainer."""
        import numpy as np

        return np.asarray(self._forward(self._state[0].addressable_data(0), pixels))

    def places(self) -> tuple[str, ...]:
        """See Trainer."""
        local = self._jax.local_devices()
        return tuple(
            f"{shard.device.platform.upper()}:{local.index(shard.device)}"
            for shard in self._state[0].addressable_shards
        )

    def _joined(self, parts: Sequence[Array]) -> Tensor:
        import numpy as np

        return self._jax.make_array_from_process_local_data(self._split, np.concatenate(parts))

    def _step(
        self,
        state: Sequence[Tensor],
        given: tuple[Tensor, Tensor, Tensor],
        stops: Tensor,
        pace: Tensor,
        *,
        axis: str = "",
    ) -> tuple[Sequence[Tensor], Tensor]:
        """Adam's, on the mean over all images of the batch: with an axis, of all replicas, in one sum."""
        np = self._jax.numpy
        weights, first, second = state
        pixels, classes, counted = given
        loss_of = partial(self._loss, pixels=pixels, classes=classes, counted=counted)
        (loss, right), gradient = self._jax.value_and_grad(loss_of, has_aux=True)(weights)
        packed = np.concatenate([gradient, np.stack([loss, right, stops.sum()])])
        summed = self._jax.lax.psum(packed, axis) if axis else packed
        gradient = summed[:LENGTH]
        mean = first * FIRST_DECAY + gradient * (1 - FIRST_DECAY)
        square = second * SECOND_DECAY + gradient * gradient * (1 - SECOND_DECAY)
        changed = weights - pace * mean / (np.sqrt(square) + EPSILON)
        return (changed, mean, square), summed[LENGTH:]

    def _loss(
        self, weights: Tensor, *, pixels: Tensor, classes: Tensor, counted: Tensor
    ) -> tuple[Tensor, Tensor]:
        np = self._jax.numpy
        logits = self._network(weights, pixels)
        chances = self._jax.nn.log_softmax(logits)
        losses = -np.take_along_axis(chances, classes[:, None], axis=1)[:, 0]
        right = ((logits.argmax(1) == classes) * counted).sum()
        return (losses * counted).sum() / self._batch, right

    def _network(self, weights: Tensor, pixels: Tensor) -> Tensor:
        jax, np = self._jax, self._jax.numpy
        kernel, bias, second, second_bias, hidden, hidden_bias, last, last_bias = layers(weights)
        convolve = partial(
            jax.lax.conv_general_dilated,
            window_strides=(2, 2),
            padding="SAME",
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        images = jax.nn.relu(convolve(pixels.astype(np.float32) / 255, kernel) + bias)
        images = jax.nn.relu(convolve(images, second) + second_bias)
        flat = images.reshape(len(pixels), -1)
        return jax.nn.relu(flat @ hidden + hidden_bias) @ last + last_bias


def _of_each_replica(step: Callable[..., Any], mesh: Any, given: Any, made: Any) -> Callable[..., Any]:  # noqa: ANN401  JAX carries no types here
    """The step as each replica's own program, under whichever name this JAX has for it."""
    jax = import_module("jax")
    if hasattr(jax, "shard_map"):
        mapped: Callable[..., Any] = jax.shard_map(
            step, mesh=mesh, in_specs=given, out_specs=made, check_vma=False
        )
        return mapped
    older: Callable[..., Any] = import_module("jax.experimental.shard_map").shard_map(
        step, mesh=mesh, in_specs=given, out_specs=made, check_rep=False
    )
    return older

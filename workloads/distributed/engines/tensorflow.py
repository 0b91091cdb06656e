"""The step in TensorFlow, under MultiWorkerMirroredStrategy: Keras 3's own `fit` does not run under it.

The gradients of all layers, the loss and the wish to end travel as one vector, in one sum.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, TypeAlias

from workloads.collectives.tensorflow import TensorFlowCollectives
from workloads.distributed.engines.engine import Sums
from workloads.distributed.shares import Share
from workloads.distributed.state.checkpoint import State
from workloads.distributed.state.network import (
    EPSILON,
    FIRST_DECAY,
    LENGTH,
    SECOND_DECAY,
    SHAPES,
    SIZES,
    Array,
    initial,
)

Tensor: TypeAlias = Any
"""TensorFlow's, and its module: not installed where types are checked."""


class TensorFlowTrainer:
    """See Trainer."""

    def __init__(self, collectives: TensorFlowCollectives, rank: int, batch: int) -> None:
        import numpy as np

        tf = self._tf = import_module("tensorflow")
        strategy = self._strategy = collectives.strategy
        self.replicas = strategy.num_replicas_in_sync
        local = len(strategy.extended.worker_devices)
        self.own = tuple(range(rank * local, (rank + 1) * local))
        self._batch = float(batch)
        zeros = np.zeros(LENGTH, np.float32)
        with strategy.scope():
            self._variables = [self._variable(initial(0)), self._variable(zeros), self._variable(zeros)]
        self._together = tf.function(self._step_of_all, autograph=False)
        self._copies = [tf.Variable(values) for values in (initial(0), zeros, zeros)]
        self._by_itself = tf.function(self._step_of_one, autograph=False)
        self._forward = tf.function(self._logits, autograph=False)

    def load(self, state: State) -> None:
        """See Trainer."""
        for variable, values in zip(self._variables, (state.weights, state.first, state.second), strict=True):
            for copy in self._strategy.experimental_local_results(variable):
                copy.assign(values)

    def state(self) -> State:
        """See Trainer."""
        weights, first, second = (
            self._strategy.experimental_local_results(variable)[0].numpy() for variable in self._variables
        )
        return State(weights=weights, first=first, second=second)

    def copies(self) -> tuple[Array, ...]:
        """See Trainer."""
        return tuple(copy.numpy() for copy in self._strategy.experimental_local_results(self._variables[0]))

    def step(self, of: Callable[[int], Share], *, pace: float, stop: bool) -> Sums:
        """See Trainer."""
        tf = self._tf
        shares = {replica: of(replica) for replica in self.own}

        def each(take: Callable[[Share], Any]) -> Tensor:
            return self._strategy.experimental_distribute_values_from_function(
                lambda context: tf.constant(take(shares[context.replica_id_in_sync_group]))
            )

        told = self._together(
            each(lambda one: one.pixels),
            each(lambda one: one.classes),
            each(lambda one: one.counted),
            tf.constant(pace, tf.float32),
            tf.constant(float(stop), tf.float32),
        )
        loss, right, stops = self._strategy.experimental_local_results(told)[0].numpy().tolist()
        return Sums(loss=loss, right=right, stops=stops)

    def step_alone(self, of: Callable[[int], Share], *, pace: float) -> None:
        """See Trainer. One replica after another: on hosts with several cards that is slower than they are together."""
        for replica in self.own:
            one = of(replica)
            told = self._by_itself(
                one.pixels, one.classes, one.counted, self._tf.constant(pace, self._tf.float32)
            )
        told.numpy()

    def logits(self, pixels: Array) -> Array:
        """See Trainer."""
        return self._forward(self._tf.constant(pixels)).numpy()

    def places(self) -> tuple[str, ...]:
        """See Trainer."""
        specs = (
            self._tf.DeviceSpec.from_string(copy.device)
            for copy in self._strategy.experimental_local_results(self._variables[0])
        )
        return tuple(f"{spec.device_type}:{spec.device_index}" for spec in specs)

    def _variable(self, values: Array) -> Tensor:
        # Every replica reckons the same value, so that of the first is each one's.
        return self._tf.Variable(values, aggregation=self._tf.VariableAggregation.ONLY_FIRST_REPLICA)

    def _step_of_all(
        self, pixels: Tensor, classes: Tensor, counted: Tensor, pace: Tensor, stop: Tensor
    ) -> Tensor:
        tf = self._tf

        def of_replica(
            pixels: Tensor, classes: Tensor, counted: Tensor, pace: Tensor, stop: Tensor
        ) -> Tensor:
            gradient, loss, right = self._differentiate(self._variables[0], pixels, classes, counted)
            packed = tf.concat([gradient, tf.stack([loss, right, stop])], 0)
            summed = tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, packed)
            self._descend(self._variables, summed[:LENGTH], pace)
            return summed[LENGTH:]

        return self._strategy.run(of_replica, args=(pixels, classes, counted, pace, stop))

    def _step_of_one(self, pixels: Tensor, classes: Tensor, counted: Tensor, pace: Tensor) -> Tensor:
        gradient, loss, _ = self._differentiate(self._copies[0], pixels, classes, counted)
        self._descend(self._copies, gradient, pace)
        return loss

    def _differentiate(
        self, weights: Tensor, pixels: Tensor, classes: Tensor, counted: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The share's part of the batch's mean loss, its gradient, and how many images it knew."""
        tf = self._tf
        with tf.GradientTape() as tape:
            vector = tf.convert_to_tensor(weights)
            tape.watch(vector)
            logits = self._network(vector, pixels)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=classes, logits=logits)
            loss = tf.reduce_sum(losses * counted) / self._batch
        known = tf.cast(tf.argmax(logits, 1, output_type=tf.int32) == classes, tf.float32)
        return tape.gradient(loss, vector), loss, tf.reduce_sum(known * counted)

    def _descend(self, variables: Sequence[Tensor], gradient: Tensor, pace: Tensor) -> None:
        """Adam."""
        weights, first, second = variables
        mean = first * FIRST_DECAY + gradient * (1 - FIRST_DECAY)
        square = second * SECOND_DECAY + gradient * gradient * (1 - SECOND_DECAY)
        first.assign(mean)
        second.assign(square)
        weights.assign_sub(pace * mean / (self._tf.sqrt(square) + EPSILON))

    def _logits(self, pixels: Tensor) -> Tensor:
        copy = self._strategy.experimental_local_results(self._variables[0])[0]
        return self._network(self._tf.convert_to_tensor(copy), pixels)

    def _network(self, vector: Tensor, pixels: Tensor) -> Tensor:
        tf = self._tf
        parts = [tf.reshape(part, shape) for part, shape in zip(tf.split(vector, SIZES), SHAPES, strict=True)]
        kernel, bias, second, second_bias, hidden, hidden_bias, last, last_bias = parts
        images = tf.cast(pixels, tf.float32) / 255
        images = tf.nn.relu(tf.nn.conv2d(images, kernel, 2, "SAME") + bias)
        images = tf.nn.relu(tf.nn.conv2d(images, second, 2, "SAME") + second_bias)
        flat = tf.reshape(images, (-1, SHAPES[4][0]))
        return tf.nn.relu(flat @ hidden + hidden_bias) @ last + last_bias

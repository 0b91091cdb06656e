"""Eve in a real training of 100 steps, beside the paper's equations in NumPy on the same numbers. Judges nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from workloads.devices.framework import Framework
from workloads.optimizers import eve
from workloads.optimizers.paper import ADAM, Array, Path, follow

STEPS = 100
BATCH, INPUTS, OUTPUTS = 64, 8, 2
TOLERANCE = 1e-6
"""The largest difference of a weight, absolute. Weights are below 0.3, where float32 rounds by 1.5e-8 at most; 100 steps of 1e-3
move them by about 0.05."""
_SEED = 1611
_EXPONENT = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Linear regression whose targets have another size every other step, so that the objective jumps and rests."""

    inputs: Array
    """float32, steps x BATCH x INPUTS."""
    targets: Array
    """float32, steps x BATCH x OUTPUTS."""
    start: tuple[Array, Array]
    """float32: kernel of INPUTS x OUTPUTS, and bias."""

    def objective(self, weights: Sequence[Array], step: int) -> tuple[float, tuple[Array, Array]]:
        """Mean square of the errors, and its gradients, in float64; steps count from 1."""
        kernel, bias = weights
        inputs = self.inputs[step - 1].astype("float64")
        errors = inputs @ kernel + bias - self.targets[step - 1]
        slope = 2 * errors / errors.size
        return float((errors**2).mean()), (inputs.T @ slope, slope.sum(axis=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One revision, by Keras and by NumPy."""

    revision: str
    difference: float
    """The largest of any weight."""
    from_adam: float
    """By how much the paper's weights differ from those of Adam: what a deaf optimizer would be off."""
    coefficient: float
    """d after the last step, by Keras."""
    expected_coefficient: float
    bounds: frozenset[str]
    """See `paper.Path`."""


def batches() -> Batches:
    """The same in every run."""
    import numpy as np

    generator = np.random.default_rng(_SEED)
    sizes = 10 ** np.repeat(generator.uniform(-_EXPONENT, _EXPONENT, STEPS // 2), 2)
    inputs = generator.normal(size=(STEPS, BATCH, INPUTS))
    targets = generator.normal(size=(STEPS, BATCH, OUTPUTS)) * sizes[:, None, None]
    start = generator.uniform(-0.2, 0.2, (INPUTS, OUTPUTS)), np.zeros(OUTPUTS)
    return Batches(
        inputs=inputs.astype(np.float32),
        targets=targets.astype(np.float32),
        start=(start[0].astype(np.float32), start[1].astype(np.float32)),
    )


def try_revision(framework: Framework, revision: str) -> Trial:
    """Train in float32 as any model is trained: compiled, through `fit`."""
    data = batches()
    right, adam = expected(data, revision), expected(data, ADAM)
    with framework.exactly():
        trained, coefficient = _train(data, revision)
    return Trial(
        revision=revision,
        difference=_largest(trained, right.weights),
        from_adam=_largest(adam.weights, right.weights),
        coefficient=coefficient,
        expected_coefficient=right.coefficients[-1],
        bounds=right.bounds,
    )


def expected(data: Batches, revision: str) -> Path:
    """By the paper."""
    return follow(revision, data.start, data.objective, STEPS)


def _train(data: Batches, revision: str) -> tuple[list[Array], float]:
    import keras

    inputs = keras.Input((INPUTS,))
    layer = keras.layers.Dense(OUTPUTS)
    model = eve.with_objective(inputs, layer(inputs))
    layer.set_weights(data.start)
    optimizer = eve.eve(revision)
    model.compile(optimizer=optimizer, loss="mean_squared_error")
    model.fit(
        data.inputs.reshape(-1, INPUTS),
        data.targets.reshape(-1, OUTPUTS),
        batch_size=BATCH,
        epochs=1,
        shuffle=False,
        verbose=0,
    )
    return layer.get_weights(), float(keras.ops.convert_to_numpy(optimizer.coefficient))


def _largest(left: Sequence[Array], right: Sequence[Array]) -> float:
    """Not a number where one of them is none."""
    import numpy as np

    return float(np.max([np.abs(one - other).max() for one, other in zip(left, right, strict=True)]))

"""Eve as an optimizer of Keras 3, on TensorFlow, JAX or PyTorch, compiled or not.

Keras hands an optimizer gradients and no loss, and a callback comes after the step. So the objective travels as a gradient: a model
made by `with_objective` has one more weight, `objective`, and its loss L becomes L + (w - w)·L with the first w alone being
differentiated. That is L, no other gradient changes, and the gradient of w is L. Eve takes it out and never changes w. This needs
nothing of any backend and holds wherever Keras computes gradients: in `tf.function`, in JAX's stateless step, under XLA.
"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from math import log
from typing import Any, TypeAlias

from workloads.optimizers.paper import FIRST, PUBLISHED, REVISIONS, Constants

Class: TypeAlias = Any
Model: TypeAlias = Any
Optimizer: TypeAlias = Any
Tensor: TypeAlias = Any
Variable: TypeAlias = Any
"""Keras's, which comes with the training environment and is not there where types are checked."""

_CARRIER = "carries_objective"
_LEAST = 1.2e-38
"""The least normal float32: stands for an objective of zero where it divides."""


def with_objective(inputs: Tensor, outputs: Tensor) -> Model:
    """A model as `keras.Model(inputs, outputs)`, with its objective among the gradients."""
    return _model_class()(inputs=inputs, outputs=outputs)


def eve(revision: str = FIRST, constants: Constants = PUBLISHED) -> Optimizer:
    """The optimizer, for a model that `with_objective` made.

    `coefficient` is d and `tracked` what is remembered of the objective: f-hat in 2016, the step before's f in 2018; see
    `workloads.optimizers.paper` for the equations. It takes no gradient accumulation: the objective of a step would be that of
    one part of it.

    Args:
        revision: of REVISIONS.
        constants: of the algorithm.

    Raises:
        ValueError: there is no such revision.
    """
    if revision not in REVISIONS:
        raise ValueError(f"{revision!r} is no revision of Eve: {' or '.join(REVISIONS)}")
    return _optimizer_class()(revision=revision, constants=asdict(constants))


def is_carrier(variable: Variable) -> bool:
    """True of the weight whose gradient is the objective: it is not trained."""
    return bool(getattr(variable, _CARRIER, False))


@cache
def _model_class() -> Class:
    import keras

    class WithObjective(keras.Model):  # type: ignore[misc]  # Keras is not installed where types are checked
        """Its loss has itself as the gradient of one weight."""

        def __init__(self, inputs: Tensor, outputs: Tensor) -> None:
            super().__init__(inputs=inputs, outputs=outputs)
            self.objective = self.add_weight(shape=(), initializer="zeros", name="objective")
            setattr(self.objective, _CARRIER, True)

        def compute_loss(
            self,
            x: Tensor = None,
            y: Tensor = None,
            y_pred: Tensor = None,
            sample_weight: Tensor = None,
            training: bool = True,  # noqa: FBT001, FBT002  Keras names it so
        ) -> Tensor:
            """The loss; in a training step with the objective as a gradient."""
            loss = super().compute_loss(
                x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training
            )
            if not training:
                return loss
            weight = keras.ops.convert_to_tensor(self.objective)
            still = keras.ops.stop_gradient
            return loss + (weight - still(weight)) * still(loss)

    return WithObjective


@cache
def _optimizer_class() -> Class:
    import keras
    from keras import ops

    @keras.saving.register_keras_serializable(package="workloads")
    class Eve(keras.optimizers.Optimizer):  # type: ignore[misc]  # Keras is not installed where types are checked
        """Adam whose step is divided by what the objective does."""

        def __init__(self, revision: str, constants: dict[str, float], name: str = "eve") -> None:
            super().__init__(learning_rate=constants["alpha"], name=name)
            self.revision, self.constants = revision, Constants(**constants)

        def build(self, variables: Sequence[Variable]) -> None:
            """Make what is remembered between steps. Raises ValueError for a model without its objective."""
            if self.built:
                return
            super().build(variables)
            _check_carrier(variables)
            self.momentums, self.velocities = self.add_optimizer_variables(
                variables, ["momentum", "velocity"]
            )
            self.coefficient = self.add_variable(shape=(), initializer="ones", name="coefficient")
            self.tracked = self.add_variable(shape=(), initializer="zeros", name="tracked")

        def apply(
            self, grads: Sequence[Tensor], trainable_variables: Sequence[Variable] | None = None
        ) -> None:
            """One step; see Keras. Among the gradients is the objective."""
            # Keras' own list: one of ours would become a part of the optimizer's state, and the weights with it.
            variables = list(trainable_variables or self._trainable_variables)
            self.build(variables)
            objective, gradients, weights = _parted(grads, variables)
            self._hear(ops.cast(objective, self.coefficient.dtype))
            super().apply(gradients, weights)

        def update_step(self, gradient: Tensor, variable: Variable, learning_rate: Tensor) -> None:
            """The weights' part of Algorithm 1."""
            constants, dtype = self.constants, variable.dtype
            index = self._get_variable_index(variable)
            m, v = self.momentums[index], self.velocities[index]
            self.assign_add(m, (gradient - m) * (1 - constants.beta_1))
            self.assign_add(v, (ops.square(gradient) - v) * (1 - constants.beta_2))
            m_hat = m / self._bias(constants.beta_1, dtype)
            root = ops.sqrt(v / self._bias(constants.beta_2, dtype))
            d, rate = ops.cast(self.coefficient, dtype), ops.cast(learning_rate, dtype)
            if self.revision == FIRST:
                step = rate * m_hat / (d * root + constants.epsilon)
            else:
                step = rate / d * m_hat / (root + constants.epsilon)
            self.assign_sub(variable, step)

        def get_config(self) -> dict[str, Any]:
            """For saving a model."""
            return {"revision": self.revision, "constants": asdict(self.constants), "name": self.name}

        def _bias(self, beta: float, dtype: str) -> Tensor:
            """1 - beta^t. By expm1: 1 - 0.999 in float32 is wrong in its fifth digit."""
            t = ops.cast(self.iterations + 1, dtype)
            return -ops.expm1(t * log(beta))

        def _hear(self, objective: Tensor) -> None:
            """The objective's part of Algorithm 1: `coefficient` and `tracked` of this step."""
            first = ops.equal(self.iterations, 0)
            before = ops.where(first, objective, ops.convert_to_tensor(self.tracked))
            before = ops.maximum(before, _LEAST)
            follow = _follow_2016 if self.revision == FIRST else _follow_2018
            tracked, change = follow(objective, before, self.constants)
            d = ops.convert_to_tensor(self.coefficient)
            d = d + (1 - self.constants.beta_3) * (change - d)
            self.assign(self.coefficient, ops.where(first, ops.ones_like(d), d))
            self.assign(self.tracked, ops.where(first, objective, tracked))

    return Eve


def _check_carrier(variables: Sequence[Variable]) -> None:
    if sum(map(is_carrier, variables)) != 1:
        raise ValueError("Eve needs the objective: make the model by workloads.optimizers.eve.with_objective")


def _parted(
    gradients: Sequence[Tensor], variables: Sequence[Variable]
) -> tuple[Tensor, list[Tensor], list[Variable]]:
    """The objective, and the gradients of the weights that are trained, with these."""
    pairs = list(zip(gradients, variables, strict=True))
    (objective,) = (gradient for gradient, variable in pairs if is_carrier(variable))
    others = [(gradient, variable) for gradient, variable in pairs if not is_carrier(variable)]
    return objective, [gradient for gradient, _ in others], [variable for _, variable in others]


def _follow_2016(objective: Tensor, before: Tensor, constants: Constants) -> tuple[Tensor, Tensor]:
    """f-hat, and r = |f-hat - before| / min(f-hat, before), both divided by `before`."""
    from keras import ops

    low, high = 1 + constants.lower, 1 + constants.upper
    rises = ops.greater_equal(objective, before)
    c = ops.maximum(objective / before, ops.where(rises, low, 1 / high))
    c = ops.minimum(c, ops.where(rises, high, 1 / low))
    return c * before, ops.abs(c - 1) / ops.minimum(c, 1.0)


def _follow_2018(objective: Tensor, before: Tensor, constants: Constants) -> tuple[Tensor, Tensor]:
    """f, and d-hat."""
    from keras import ops

    above = ops.minimum(objective, before) - constants.minimum
    change = ops.abs(objective - before) / ops.maximum(above, _LEAST)
    return objective, ops.clip(change, 1 / constants.clip, constants.clip)

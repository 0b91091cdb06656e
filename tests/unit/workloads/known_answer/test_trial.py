"""The sums put to a framework made of NumPy: right ones agree, and each fault is seen where it is."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tests.unit.workloads.in_numpy import InNumPy
from workloads.known_answer import reference
from workloads.known_answer.judge import judge
from workloads.known_answer.reference import Expected, Sample
from workloads.known_answer.trial import answer, random_product
from workloads.result import Outcome
from workloads.result.evidence import KnownAnswer

Tried = Callable[[type[InNumPy]], KnownAnswer]


class WithoutGradientOfItsConvolution(InNumPy):
    def differentiate(
        self, weights: Sequence[Any], images: Any, classes: Any
    ) -> tuple[Any, Any, tuple[Any, ...]]:
        loss, logits, (first, *others) = super().differentiate(weights, images, classes)
        return loss, logits, (0 * first, *others)


class WithAFlippedGradient(InNumPy):
    def differentiate(
        self, weights: Sequence[Any], images: Any, classes: Any
    ) -> tuple[Any, Any, tuple[Any, ...]]:
        loss, logits, (*others, last) = super().differentiate(weights, images, classes)
        return loss, logits, (*others, -last)


class ThatNeverLearns(InNumPy):
    def descend(self, weights: Sequence[Any], gradients: Sequence[Any], rate: float) -> Sequence[Any]:
        return weights


class InTensorFloat32(InNumPy):
    """Ten bits of each factor, as the shorter formats of newer cards have."""

    def multiply(self, left: Any, right: Any) -> Any:
        short = [(matrix.view(np.uint32) & 0xFFFFE000).view(np.float32) for matrix in (left, right)]
        return short[0] @ short[1]


@pytest.fixture(scope="module")
def data() -> Sample:
    # With 7, one unit is so near to zero that the order in which a processor adds decides whether it is on.
    generator = np.random.RandomState(10)
    count = reference.STEPS * reference.BATCH
    classes = generator.randint(0, 10, count + reference.TESTED).astype(np.uint8)
    noise = generator.randint(0, 128, (len(classes), 28, 28, 1))
    pixels = (noise + 12 * classes[:, None, None, None]).astype(np.uint8)
    return reference.sample(pixels[:count], classes[:count], pixels[count:], classes[count:])


@pytest.fixture(scope="module")
def expected(data: Sample) -> Expected:
    return reference.expected(data)


@pytest.fixture(scope="module")
def tried(data: Sample, expected: Expected) -> Tried:
    """What a framework answers, which is asked once."""
    known: dict[type[InNumPy], KnownAnswer] = {}

    def asked(kind: type[InNumPy]) -> KnownAnswer:
        if kind not in known:
            known[kind] = answer(kind(), "CPU:0", random_product(1), data, expected)
        return known[kind]

    return asked


def test_numpy_in_float32_agrees_with_numpy_in_float64(tried: Tried, expected: Expected) -> None:
    made = tried(InNumPy)
    assert max(made.matmul_error, made.forward_error, made.gradient_error, made.loss_error) < 0.1
    assert (made.still, made.places) == ((), ("CPU:0",))
    assert made.test_accuracy == expected.test_accuracy


def test_the_gradients_are_those_that_small_steps_show(data: Sample) -> None:
    images, classes = (part[:4] for part in data.batch(0))
    weights = list(reference.initial_weights())
    _, _, gradients = reference.differentiate(weights, images, classes)
    for index, gradient in enumerate(gradients):
        place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        slopes = []
        for step in (1e-6, -1e-6):
            moved = [weight.copy() for weight in weights]
            moved[index][place] += step
            slopes.append(reference.differentiate(moved, images, classes)[0])
        assert (slopes[0] - slopes[1]) / 2e-6 == pytest.approx(gradient[place], rel=1e-4)


@pytest.mark.parametrize(
    ("framework", "check"),
    [
        (WithoutGradientOfItsConvolution, "device_convolution"),
        (WithAFlippedGradient, "device_convolution"),
        (ThatNeverLearns, "device_training"),
        (InTensorFloat32, "device_matmul"),
    ],
)
def test_a_fault_of_a_framework_fails_its_check(framework: type[InNumPy], check: str, tried: Tried) -> None:
    made = judge((tried(framework),), ("CPU:0",))
    assert check in {each.name for each in made if each.outcome is Outcome.FAILED}


def test_layers_that_did_not_learn_are_named(tried: Tried) -> None:
    assert tried(WithoutGradientOfItsConvolution).still == ("first convolution",)
    assert tried(ThatNeverLearns).still == reference.LAYERS

"""Put the sums to one device of a framework, and lay its answers beside NumPy's. Judges nothing."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workloads.devices.framework import Array, Framework, Tensor
from workloads.known_answer import reference
from workloads.known_answer.reference import Expected, Sample
from workloads.result.evidence import KnownAnswer

MATRIX_SIZE = 1024
"""Rows and columns: 2 GFlop, enough for a card's real kernels and little for two cores."""
FORWARD_TOLERANCE = 1e-4
GRADIENT_TOLERANCE = 1e-3
"""The largest error of an element, as a share of the largest element of its tensor. float32 has 6e-8 for one rounding; sums of up
to 11,000 terms, in an order that each kernel chooses, were measured at 1e-6."""
LOSS_TOLERANCE = 1e-3
"""Of any step, absolute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Two square float32 matrices, and what their product has to be."""

    left: Array
    right: Array
    exact: Array
    tolerance: Array
    """Of each element: the bound n*u*|A||B|, u = 2**-24, that any order of n float32 additions keeps. Higham, Accuracy and
    Stability of Numerical Algorithms, section 3.5."""

    def error(self, product: Array) -> float:
        """The largest of all elements, as a share of the tolerance."""
        import numpy as np

        return float((np.abs(product - self.exact) / self.tolerance).max())


def random_product(seed: int) -> Product:
    """Elements from -1 to 1."""
    import numpy as np

    generator = np.random.default_rng(seed)
    left, right = generator.uniform(-1, 1, (2, MATRIX_SIZE, MATRIX_SIZE)).astype(np.float32)
    return Product(
        left=left,
        right=right,
        exact=left.astype(np.float64) @ right.astype(np.float64),
        tolerance=MATRIX_SIZE * 2.0**-24 * (np.abs(left) @ np.abs(right)),
    )


def answers(framework: Framework, devices: Sequence[str], seed: int, data: Sample) -> tuple[KnownAnswer, ...]:
    """Those of every device; `seed` is that of the matrices."""
    expected, product = reference.expected(data), random_product(seed)
    return tuple(answer(framework, device, product, data, expected) for device in devices)


def answer(
    framework: Framework, device: str, product: Product, data: Sample, expected: Expected
) -> KnownAnswer:
    """Everything on one device, in float32; `expected` is what NumPy makes of `data`."""
    with framework.exactly():
        multiplied = framework.multiply(
            framework.put(product.left, device), framework.put(product.right, device)
        )
        training = _train(framework, device, data)
    trained = [framework.fetch(weight).astype("float64") for weight in training.weights]
    gradients = [framework.fetch(gradient) for gradient in training.gradients]
    tensors = (multiplied, training.logits, *training.gradients, *training.weights)
    seen, tested = (
        (data.images[-reference.TESTED :], data.classes[-reference.TESTED :]),
        (data.test_images, data.test_classes),
    )
    return KnownAnswer(
        device=device,
        places=tuple(dict.fromkeys(framework.place(tensor) for tensor in tensors)),
        matmul_error=product.error(framework.fetch(multiplied)),
        forward_error=_error(framework.fetch(training.logits), expected.logits, FORWARD_TOLERANCE),
        gradient_error=worst(
            _error(gradient, right, GRADIENT_TOLERANCE)
            for gradient, right in zip(gradients, expected.gradients, strict=True)
        ),
        still=still_layers(gradients, trained),
        first_loss=round(training.losses[0], 6),
        last_loss=round(training.losses[-1], 6),
        loss_error=worst(
            abs(loss - right) / LOSS_TOLERANCE
            for loss, right in zip(training.losses, expected.losses, strict=True)
        ),
        training_accuracy=reference.accuracy(reference.forward(trained, seen[0]), seen[1]),
        test_accuracy=reference.accuracy(reference.forward(trained, tested[0]), tested[1]),
    )


def still_layers(gradients: Sequence[Array], trained: Sequence[Array]) -> tuple[str, ...]:
    """Layers of which a gradient is zero or no number, or a weight is what it was at the start."""
    before = reference.initial_weights()
    good = [
        bool(abs(gradient).max() > 0) and bool((after != start).any())
        for gradient, start, after in zip(gradients, before, trained, strict=True)
    ]
    return tuple(
        name for index, name in enumerate(reference.LAYERS) if not all(good[2 * index : 2 * index + 2])
    )


def worst(errors: Iterable[float]) -> float:
    """The largest; not a number where one of them is none."""
    found = tuple(errors)
    return math.nan if any(math.isnan(error) for error in found) else max(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Training:
    logits: Tensor
    """Of the first batch, before any step."""
    gradients: Sequence[Tensor]
    """As `logits`."""
    losses: tuple[float, ...]
    weights: Sequence[Tensor]
    """After the last step."""


def _train(framework: Framework, device: str, data: Sample) -> _Training:
    weights: Sequence[Tensor] = [
        framework.put(weight.astype("float32"), device) for weight in reference.initial_weights()
    ]
    losses, first = [], None
    for step in range(reference.STEPS):
        images, classes = data.batch(step)
        loss, logits, gradients = framework.differentiate(
            weights, framework.put(images.astype("float32"), device), framework.put(classes, device)
        )
        first = first or (logits, gradients)
        losses.append(float(framework.fetch(loss)))
        weights = framework.descend(weights, gradients, reference.RATE)
    logits, gradients = first or (None, ())
    return _Training(logits=logits, gradients=gradients, losses=tuple(losses), weights=weights)


def _error(seen: Array, right: Array, tolerance: float) -> float:
    """The largest of all elements, as a share of the tolerance, which is a share of the largest right one."""
    return float(abs(seen - right).max() / (tolerance * abs(right).max()))

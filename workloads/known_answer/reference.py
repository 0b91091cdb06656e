"""A small convolutional network in NumPy and float64, with its gradients by hand: what every device has to come to. Pure.

Two convolutions of 3 x 3 with stride 2 and without padding, each with ReLU, and a dense layer; the loss is the mean cross-entropy.
Independent of every framework on purpose. Shapes: images n x 28 x 28 x 1, kernels 3 x 3 x in x out, as in TensorFlow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

STRIDE = 2
LAYERS = ("first convolution", "second convolution", "dense layer")
"""Each has a kernel and a bias, in this order."""
SHAPES = ((3, 3, 1, 8), (8,), (3, 3, 8, 16), (16,), (576, 10), (10,))
SEED = 20261128
BIAS = 0.0625
BATCH = 64
STEPS = 32
RATE = 0.1
TESTED = 500
"""Images of either split on which accuracies are taken afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the steps see: float64, pixels -1..1."""

    images: Array
    """STEPS x BATCH of them, in the order of the training."""
    classes: Array
    test_images: Array
    test_classes: Array

    def batch(self, step: int) -> tuple[Array, Array]:
        """Images and classes of one step, from 0."""
        part = slice(step * BATCH, (step + 1) * BATCH)
        return self.images[part], self.classes[part]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a training comes to, step by step."""

    logits: Array
    """Of the first batch, before any step."""
    gradients: tuple[Array, ...]
    """Of the first batch."""
    losses: tuple[float, ...]
    """Before each step, of its batch."""
    training_accuracy: float
    test_accuracy: float


def sample(pixels: Array, classes: Array, test_pixels: Array, test_classes: Array) -> Sample:
    """The first images of either split, from uint8."""
    import numpy as np

    count = STEPS * BATCH
    return Sample(
        images=scaled(pixels[:count]),
        classes=classes[:count].astype(np.int64),
        test_images=scaled(test_pixels[:TESTED]),
        test_classes=test_classes[:TESTED].astype(np.int64),
    )


def scaled(pixels: Array) -> Array:
    """From uint8 to -1..1, in steps that are exact in float32 and in float64."""
    import numpy as np

    return pixels.astype(np.float64) / 128 - 1


def initial_weights() -> tuple[Array, ...]:
    """The same on every computer: NumPy's RandomState promises its stream for good. Kernels uniform; biases above
    zero, so that no black image stands on ReLU's edge, where the gradient is a matter of taste."""
    import numpy as np

    generator = np.random.RandomState(SEED)
    weights = []
    for shape in SHAPES:
        fan_in = int(np.prod(shape[:-1]))
        limit = (3 / fan_in) ** 0.5
        weights.append(generator.uniform(-limit, limit, shape) if len(shape) > 1 else np.full(shape, BIAS))
    return tuple(weight.astype(np.float32).astype(np.float64) for weight in weights)


def expected(data: Sample) -> Expected:
    """Train in float64."""
    weights = initial_weights()
    losses = []
    first_logits, first_gradients = None, ()
    for step in range(STEPS):
        loss, logits, gradients = differentiate(weights, *data.batch(step))
        if step == 0:
            first_logits, first_gradients = logits, gradients
        losses.append(loss)
        weights = tuple(weight - RATE * gradient for weight, gradient in zip(weights, gradients, strict=True))
    return Expected(
        logits=first_logits,
        gradients=first_gradients,
        losses=tuple(losses),
        training_accuracy=accuracy(forward(weights, data.images[-TESTED:]), data.classes[-TESTED:]),
        test_accuracy=accuracy(forward(weights, data.test_images), data.test_classes),
    )


def differentiate(
    weights: Sequence[Array], images: Array, classes: Array
) -> tuple[float, Array, tuple[Array, ...]]:
    """The loss of a batch, its logits, and the gradient of each weight."""
    import numpy as np

    first_kernel, first_bias, second_kernel, second_bias, dense, dense_bias = weights
    seen = _windows(images)
    first = _convolve(seen, first_kernel, first_bias)
    hidden = np.maximum(first, 0)
    hidden_seen = _windows(hidden)
    second = _convolve(hidden_seen, second_kernel, second_bias)
    flat = np.maximum(second, 0).reshape(len(images), -1)
    logits = flat @ dense + dense_bias
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(classes))
    loss = -float(log_shares[rows, classes].mean())
    slope = np.exp(log_shares)
    slope[rows, classes] -= 1
    slope /= len(classes)
    of_second = (slope @ dense.T).reshape(second.shape) * (second > 0)
    of_hidden = _spread(of_second, second_kernel, hidden.shape)
    of_first = of_hidden * (first > 0)
    gradients = (
        _kernel_gradient(seen, of_first),
        of_first.sum(axis=(0, 1, 2)),
        _kernel_gradient(hidden_seen, of_second),
        of_second.sum(axis=(0, 1, 2)),
        flat.T @ slope,
        slope.sum(axis=0),
    )
    return loss, logits, gradients


def forward(weights: Sequence[Array], images: Array) -> Array:
    """The logits."""
    import numpy as np

    first_kernel, first_bias, second_kernel, second_bias, dense, dense_bias = weights
    hidden = np.maximum(convolve(images, first_kernel, first_bias), 0)
    hidden = np.maximum(convolve(hidden, second_kernel, second_bias), 0)
    return hidden.reshape(len(images), -1) @ dense + dense_bias


def convolve(images: Array, kernel: Array, bias: Array) -> Array:
    """Stride 2, no padding."""

    return _convolve(_windows(images), kernel, bias)


def _convolve(windows: Array, kernel: Array, bias: Array) -> Array:
    return (windows.reshape(-1, kernel[..., 0].size) @ kernel.reshape(-1, kernel.shape[-1])).reshape(
        *windows.shape[:3], -1
    ) + bias


def accuracy(logits: Array, classes: Array) -> float:
    """The share that was named rightly."""
    return float((logits.argmax(axis=1) == classes).mean())


def _windows(images: Array) -> Array:
    """Every 3 x 3 window: n x rows x columns x 3 x 3 x channels."""
    import numpy as np

    size = (images.shape[1] - 3) // STRIDE + 1
    windows = np.empty((len(images), size, size, 3, 3, images.shape[3]), dtype=images.dtype)
    for row in range(3):
        for column in range(3):
            rows, columns = (slice(start, start + STRIDE * size, STRIDE) for start in (row, column))
            windows[:, :, :, row, column] = images[:, rows, columns][:, :size, :size]
    return windows


def _kernel_gradient(windows: Array, slope: Array) -> Array:
    count = windows[0, 0, 0].size
    gradient = windows.reshape(-1, count).T @ slope.reshape(-1, slope.shape[-1])
    return gradient.reshape(*windows.shape[3:], slope.shape[-1])


def _spread(slope: Array, kernel: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of a convolution's input."""
    import numpy as np

    spread = np.zeros(shape, dtype=slope.dtype)
    flat = slope.reshape(-1, slope.shape[-1])
    rows, columns = (STRIDE * size for size in slope.shape[1:3])
    for row in range(3):
        for column in range(3):
            part = spread[:, row : row + rows : STRIDE, column : column + columns : STRIDE]
            part += (flat @ kernel[row, column].T).reshape(part.shape)
    return spread

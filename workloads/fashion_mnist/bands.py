"""What the figures of this training have to be, from below and from above. Pure.

The bands are for this network, this data set and this optimizer, from 58 steps on. What is better than they allow was trained on
the wrong images or made up; what is worse learnt too little.
"""

from collections.abc import Sequence

from workloads.fashion_mnist.data import TRAINING_IMAGES
from workloads.known_answer.judge import Band
from workloads.result import Check, TrainingArguments, check

_MEASURED = "measured on x86-64 CPUs with TensorFlow 2.21, JAX 0.10, PyTorch 2.13, Keras 3.15, seeds 1 to 3"
FIRST_LOSS = Band(
    low=2.1,
    high=2.6,
    source=f"2.293 to 2.318 {_MEASURED}; ln 10 = 2.303 is the loss of a network that knows nothing",
)
LAST_LOSS = {
    1: Band(low=0.35, high=0.80, source=f"0.39 to 0.70 {_MEASURED}, in batches of 32 to 1024"),
    2: Band(low=0.22, high=0.60, source="between those of one epoch and of three"),
    3: Band(low=0.15, high=0.45, source=f"0.227 to 0.235 {_MEASURED}"),
}
"""Mean over the last epoch, by epochs."""
LAST_LOSS_LATER = Band(low=0.0, high=0.45, source="more epochs only lower it")
HIGHEST_ACCURACY = Band(
    low=0.0,
    high=0.93,
    source=f"0.82 to 0.91 {_MEASURED}, 1 to 30 epochs; training on the test images gives 0.987",
)
GAP = Band(
    low=-0.012,
    high=0.13,
    source=f"0.00 to 0.10 {_MEASURED}, 1 to 30 epochs; training on the test images gives -0.1",
)
"""Accuracy on trained images minus accuracy on test images."""
LEAST_STEPS = 58
"""One epoch of batches of 1024."""


def check_bands(
    arguments: TrainingArguments, losses: Sequence[float], training_accuracy: float, test_accuracy: float
) -> Check:
    """Neither too good nor barely trained."""
    last = LAST_LOSS.get(arguments.epochs, LAST_LOSS_LATER)
    steps = TRAINING_IMAGES // arguments.batch_size * arguments.epochs
    figures = [("first loss", losses[0], FIRST_LOSS), ("test accuracy", test_accuracy, HIGHEST_ACCURACY)]
    if steps >= LEAST_STEPS:
        figures += [("last loss", losses[-1], last)]
    figures += [("training minus test accuracy", training_accuracy - test_accuracy, GAP)]
    outside = [f"{name} {value:.4f} is not {band}" for name, value, band in figures if value not in band]
    return check(
        "training_bands",
        ", ".join(outside),
        seen=", ".join(f"{name} {value:.4f}" for name, value, _ in figures),
        expected=", ".join(f"{name} {band}" for name, _, band in figures),
    )

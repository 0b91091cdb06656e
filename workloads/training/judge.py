"""What the figures of a training have to be, from below and from above. Pure.

The bands are for this network, this data set and this optimizer, from 58 steps on. What is better than they allow was trained on
the wrong images or made up; what is worse learnt too little.
"""

import math
from collections.abc import Sequence

from workloads.known_answer.judge import Band
from workloads.result import Check, TrainingArguments, check
from workloads.training.data import TRAINING_IMAGES, Array
from workloads.training.meter import WARM_UP_BATCHES

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
RECOMPUTED = 0.005
"""By how much NumPy's accuracy may differ: cards round products to 10 bits, which turns images that stand on the edge."""
LEAST_STEPS = 58
"""One epoch of batches of 1024."""


def check_loss(losses: Sequence[float]) -> Check:
    """The loss fell, from the first batch (before anything was learnt) to the last epoch's mean."""
    seen = f"{losses[0]:.4f} to {losses[-1]:.4f}"
    if not all(math.isfinite(loss) for loss in losses):
        return check("loss_falls", "it is not a number all the way", seen=seen, expected="falls")
    reason = "" if losses[-1] < losses[0] else "it did not fall"
    return check("loss_falls", reason, seen=seen, expected="falls")


def check_throughput(images_per_s: float) -> Check:
    """There was something to measure after the warm-up."""
    reason = "" if images_per_s > 0 else "every batch was warm-up: train more epochs or in smaller batches"
    expected = f"above 0, after {WARM_UP_BATCHES} batches"
    return check("throughput_measured", reason, seen=f"{images_per_s:,.0f} images/s", expected=expected)


def check_accuracy(accuracy: float, wanted: float) -> Check:
    """The share of the test images that the network knows."""
    # Not `<`: an accuracy that is not a number must fail too.
    reason = "" if accuracy >= wanted else f"{accuracy:.4f} is below {wanted:g}"
    return check("test_accuracy", reason, seen=f"{accuracy:.4f}", expected=f"at least {wanted:g}")


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


def check_weights(names: Sequence[str], before: Sequence[Array], after: Sequence[Array]) -> Check:
    """Every layer learnt: each weight differs from what it was, and is a number."""
    still = [
        name
        for name, first, last in zip(names, before, after, strict=True)
        if not (bool((first != last).any()) and math.isfinite(float(abs(last).max())))
    ]
    reason = f"unchanged or no number: {', '.join(still)}" if still else ""
    seen = f"{len(names) - len(still)} of {len(names)} changed"
    return check("weights_changed", reason, seen=seen, expected="all changed")


def check_recomputed(told: float, recomputed: float) -> Check:
    """NumPy, given the trained weights, knows as many of the test images."""
    reason = (
        ""
        if abs(told - recomputed) <= RECOMPUTED
        else "the framework tells another accuracy than its weights have"
    )
    expected = f"{told:.4f}, give or take {RECOMPUTED:g}"
    return check("accuracy_recomputed", reason, seen=f"{recomputed:.4f}", expected=expected)

"""What the figures of any training have to be. Pure."""

import math
from collections.abc import Sequence

from workloads.devices.framework import Array
from workloads.result import Check, check
from workloads.training.meter import WARM_UP_BATCHES

RECOMPUTED = 0.005
"""By how much NumPy's accuracy may differ: cards round products to 10 bits, which turns images that stand on the edge."""


def check_loss(losses: Sequence[float]) -> Check:
    """The loss fell, from the first batch (before anything was learnt) to the last epoch's mean."""
    seen = f"{losses[0]:.4f} to {losses[-1]:.4f}"
    if not all(math.isfinite(loss) for loss in losses):
        return check("loss_falls", "it is not a number all the way", seen=seen, expected="falls")
    reason = "" if losses[-1] < losses[0] else "it did not fall"
    return check("loss_falls", reason, seen=seen, expected="falls")


def check_throughput(per_s: float, of: str = "images") -> Check:
    """There was something to measure after the warm-up: so many images, or other things, a second."""
    reason = "" if per_s > 0 else "every batch was warm-up: train more epochs or in smaller batches"
    expected = f"above 0, after {WARM_UP_BATCHES} batches"
    return check("throughput_measured", reason, seen=f"{per_s:,.0f} {of}/s", expected=expected)


def check_accuracy(accuracy: float, wanted: float) -> Check:
    """The share of the test images that the network knows."""
    # Not `<`: an accuracy that is not a number must fail too.
    reason = "" if accuracy >= wanted else f"{accuracy:.4f} is below {wanted:g}"
    return check("test_accuracy", reason, seen=f"{accuracy:.4f}", expected=f"at least {wanted:g}")


def check_weights(names: Sequence[str], before: Sequence[Array], after: Sequence[Array]) -> Check:
    """Every layer learnt: each weight differs from what it was, and is a number."""
    still = still_weights(names, before, after)
    reason = f"unchanged or no number: {', '.join(still)}" if still else ""
    seen = f"{len(names) - len(still)} of {len(names)} changed"
    return check("weights_changed", reason, seen=seen, expected="all changed")


def still_weights(names: Sequence[str], before: Sequence[Array], after: Sequence[Array]) -> tuple[str, ...]:
    """Names of weights that are what they were, or no numbers."""
    return tuple(
        name
        for name, first, last in zip(names, before, after, strict=True)
        if not (bool((first != last).any()) and math.isfinite(float(abs(last).max())))
    )


def check_recomputed(told: float, recomputed: float) -> Check:
    """NumPy, given the trained weights, knows as many of the test images."""
    reason = (
        ""
        if abs(told - recomputed) <= RECOMPUTED
        else "the framework tells another accuracy than its weights have"
    )
    expected = f"{told:.4f}, give or take {RECOMPUTED:g}"
    return check("accuracy_recomputed", reason, seen=f"{recomputed:.4f}", expected=expected)

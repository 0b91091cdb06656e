"""Are a training's figures such as a training on Fashion-MNIST has, and do they agree with each other? Pure.

What is better than it can be was trained on the wrong images or made up; what is worse learnt too little.
"""

import math

from orchestrator.models import EpochPoint, Outcome, WorkloadRun
from orchestrator.stages.certify.confirm.bands import (
    FIRST_LOSS,
    GAP,
    LAST_LOSS,
    LAST_LOSS_LATER,
    LEAST_STEPS,
    TEST_ACCURACY,
    TRAINING_IMAGES,
    WARM_UP_BATCHES,
    Band,
)
from orchestrator.stages.certify.finding import Finding, passed, unknown

SPEED_TOLERANCE = 0.05
"""Share by which an epoch's speed and its seconds may disagree: both are rounded."""
LOSS_TOLERANCE = 0.001
ACCURACY_TOLERANCE = 0.3
"""Between the accuracy while the last epoch trained and that of the trained network: 0.02 after three epochs, 0.1 after one."""


def confirm_loss(run: WorkloadRun) -> Finding:
    """First and last loss, test accuracy, and its distance from that on trained images are within their bands."""
    bands: dict[str, Band] = {"first_loss": FIRST_LOSS}
    request, metrics = run.request, run.metrics
    if _is_judged(run):
        bands["last_loss"] = LAST_LOSS.get(request.epochs, LAST_LOSS_LATER)
    bands |= {"test_accuracy": TEST_ACCURACY, "training_minus_test": GAP}
    gap = metrics.get("training_accuracy", math.nan) - metrics.get("test_accuracy", math.nan)
    figures = {name: metrics.get(name, math.nan) for name in bands} | {"training_minus_test": gap}
    expected = ", ".join(f"{_words(name)} {band}" for name, band in bands.items())
    seen = ", ".join(f"{_words(name)} {value:.4f}" for name, value in figures.items())
    missing = [_words(name) for name, value in figures.items() if not math.isfinite(value)]
    if missing or not math.isfinite(metrics.get("last_loss", math.nan)):
        return Finding(
            Outcome.ERROR, seen, expected, f"the job gave no {' and no '.join(missing or ['last loss'])}"
        )
    outside = [
        f"{_words(name)} {figures[name]:.4f} is not {band}"
        for name, band in bands.items()
        if figures[name] not in band
    ]
    if not 0 <= metrics["last_loss"] < metrics["first_loss"]:
        outside.append("the loss did not fall")
    if outside:
        return Finding(Outcome.FAILED, seen, expected, "; ".join(outside))
    return passed(seen, expected)


def confirm_curve(run: WorkloadRun) -> Finding:
    """One point for each epoch, whose losses, seconds and speeds agree with the metrics and with how long the job took."""
    expected = f"{run.request.epochs} epochs that agree with the metrics"
    if run.job is None:
        return unknown("no result", expected)
    wrong = _wrong_curve(run, run.job.duration_s)
    seen = f"{len(run.curve)} epochs"
    if unlearnt := _unlearnt(run):
        return Finding(Outcome.FAILED, seen, expected, unlearnt)
    return Finding(Outcome.ERROR, seen, expected, wrong) if wrong else passed(seen, expected)


def _wrong_curve(run: WorkloadRun, duration_s: float) -> str:
    epochs = [point.epoch for point in run.curve]
    if epochs != list(range(1, run.request.epochs + 1)):
        many = f"the curve has {len(epochs)} epochs of {run.request.epochs}"
        return (
            many
            if len(epochs) != run.request.epochs
            else f"the epochs of the curve are {', '.join(map(str, epochs))}"
        )
    if abs(run.curve[-1].loss - run.metrics.get("last_loss", math.nan)) > LOSS_TOLERANCE:
        return "the curve ends with another loss than the metrics say"
    if any(not _possible(point) for point in run.curve):
        return "an epoch has figures that no epoch can have"
    told = run.metrics.get("training_accuracy", math.nan)
    if _is_judged(run) and abs(told - run.curve[-1].accuracy) > ACCURACY_TOLERANCE:
        return f"the curve ends with accuracy {run.curve[-1].accuracy:.3f}, and the trained network has {told:.3f}"
    return _wrong_speed(run, duration_s)


def _unlearnt(run: WorkloadRun) -> str:
    """What the losses of the curve say against the training; empty where they fall."""
    losses = [point.loss for point in run.curve]
    if not all(map(math.isfinite, losses)):
        return "the loss is not a number all the way: the curve has one that is none"
    if len(losses) > 1 and not losses[-1] < losses[0]:
        return f"the loss did not fall: {losses[0]:.4f} in the first epoch, {losses[-1]:.4f} in the last"
    if losses and max(losses) > max(losses[0], run.metrics.get("first_loss", math.inf)):
        return f"the loss rose on the way, to {max(losses):.4f}"
    return ""


def _is_judged(run: WorkloadRun) -> bool:
    """True where it took enough steps for its end to be known beforehand."""
    return TRAINING_IMAGES // run.request.batch_size * run.request.epochs >= LEAST_STEPS


def _possible(point: EpochPoint) -> bool:
    return 0 < point.seconds < math.inf and 0 <= point.accuracy <= 1 and 0 <= point.loss < math.inf


def _wrong_speed(run: WorkloadRun, duration_s: float) -> str:
    if sum(point.seconds for point in run.curve) > duration_s * (1 + SPEED_TOLERANCE) + 1:
        return "the epochs took longer than the whole job"
    if slower := next((point for point in run.curve if not _speed_fits(run, point)), None):
        return f"epoch {slower.epoch} says {slower.images_per_s:,.0f} images/s and {slower.seconds:g} s: one is wrong"
    speeds = [point.images_per_s for point in run.curve if point.images_per_s]
    told = run.metrics.get("images_per_s", math.nan)
    if speeds and not min(speeds) * (1 - SPEED_TOLERANCE) <= told <= max(speeds) * (1 + SPEED_TOLERANCE):
        return f"the metrics say {told:,.0f} images/s, and no epoch was that fast or that slow"
    return ""


def _speed_fits(run: WorkloadRun, point: EpochPoint) -> bool:
    """An epoch's images divided by its speed are its seconds; in the first, warm-up takes longer and is left out."""
    batch = run.request.batch_size
    images = TRAINING_IMAGES // batch * batch
    warm_up = max(0, WARM_UP_BATCHES * batch - (point.epoch - 1) * images)
    counted = images - warm_up
    if counted <= 0:
        return point.images_per_s == 0
    if point.images_per_s <= 0:
        return False
    measured_s = counted / point.images_per_s
    slack_s = point.seconds * SPEED_TOLERANCE + 0.01
    # What was resumed from a checkpoint warmed up once more, in whichever epoch that was.
    is_whole = warm_up == 0 and not run.metrics.get("resumed_from_step")
    return measured_s <= point.seconds + slack_s and (not is_whole or measured_s >= point.seconds - slack_s)


def _words(name: str) -> str:
    return name.replace("_", " ")

"""Confirm what a job says of itself from the figures it brought: its exit code, its device, its training."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.models import Outcome, WorkloadRun


@dataclass(frozen=True, slots=True)
class Finding:
    """The part of a check that does not depend on where it was made."""

    outcome: Outcome
    seen: str
    expected: str
    reason: str = ""


def confirm_exit_code(run: WorkloadRun) -> Finding:
    """0 with every check passed, 1 with a failed one: anything else contradicts the checks or was no proper end."""
    bad = ", ".join(check.name for check in run.checks if check.outcome is not Outcome.PASSED)
    failed = any(check.outcome is Outcome.FAILED for check in run.checks)
    seen = "none" if run.exit_code is None else str(run.exit_code)
    agrees = (run.exit_code == 0 and not bad) or (run.exit_code == 1 and failed)
    if agrees:
        return Finding(Outcome.PASSED, seen, "1, because a check failed" if failed else "0")
    match run.exit_code:
        case 0:
            reason = f"the job claims success, yet not passed: {bad}"
        case 1:
            reason = "the job claims failure, yet no check of it failed"
        case 2:
            reason = "the job itself could not judge"
        case None:
            reason = "the job was never seen to end"
        case code:
            reason = f"the job broke off with exit code {code}"
    return Finding(Outcome.ERROR, seen, "0", reason)


def confirm_device(run: WorkloadRun) -> Finding:
    """Where a GPU is there or was asked for, nothing else may have computed, whatever the job printed."""
    seen = run.device_used or "unknown"
    listed = any(device.kind == "GPU" for device in run.devices)
    asked = run.request.device == "gpu" or (run.request.device == "auto" and listed)
    if run.gpu_expected or asked:
        if run.device_used != "GPU":
            because = "was asked for" if run.request.device == "gpu" else "is in the host"
            return Finding(Outcome.FAILED, seen, "GPU", f"a GPU {because}, yet what computed is: {seen}")
        if not listed:
            return Finding(Outcome.ERROR, seen, "GPU", "the job claims a GPU but listed none")
        return Finding(Outcome.PASSED, seen, "GPU")
    if run.device_used != "CPU":
        return Finding(Outcome.ERROR, seen, "CPU", f"no GPU is known here, yet what computed is: {seen}")
    return Finding(Outcome.PASSED, seen, "CPU")


def confirm_accuracy(run: WorkloadRun) -> Finding:
    """The test accuracy in the metrics reaches what the plan asks for."""
    wanted = f"at least {run.request.min_accuracy:g}"
    accuracy = run.metrics.get("test_accuracy", math.nan)
    if not 0 <= accuracy <= 1:
        return Finding(Outcome.ERROR, f"{accuracy:g}", wanted, "the job gave no usable test accuracy")
    # Not `<`: a bar that is not a number must refuse too.
    if not accuracy >= run.request.min_accuracy:
        reason = f"test accuracy {accuracy:.3f} is below {run.request.min_accuracy:g}"
        return Finding(Outcome.FAILED, f"{accuracy:.4f}", wanted, reason)
    return Finding(Outcome.PASSED, f"{accuracy:.4f}", wanted)


def confirm_throughput(run: WorkloadRun) -> Finding:
    """A positive, finite speed was measured."""
    speed = run.metrics.get("images_per_s", math.nan)
    if not 0 < speed < math.inf:
        return Finding(Outcome.ERROR, f"{speed:g}", "above 0 images/s", "the job gave no usable speed")
    return Finding(Outcome.PASSED, f"{speed:,.0f} images/s", "above 0 images/s")


def confirm_loss(run: WorkloadRun) -> Finding:
    """The last loss is lower than the first; a cross-entropy is never negative."""
    first, last = run.metrics.get("first_loss", math.nan), run.metrics.get("last_loss", math.nan)
    seen = f"{first:.4f} to {last:.4f}"
    if not (math.isfinite(first) and math.isfinite(last)):
        return Finding(Outcome.ERROR, seen, "falls", "the job gave no usable loss")
    if not 0 <= last < first:
        return Finding(Outcome.FAILED, seen, "falls", "the loss did not fall")
    return Finding(Outcome.PASSED, seen, "falls")


Confirm = Callable[[WorkloadRun], Finding]

CONFIRMATIONS: dict[str, Confirm] = {
    "exit_code_confirmed": confirm_exit_code,
    "device_confirmed": confirm_device,
}
"""Made here for every run."""

TRAINING_CONFIRMATIONS: dict[str, Confirm] = {
    "accuracy_confirmed": confirm_accuracy,
    "throughput_confirmed": confirm_throughput,
    "loss_confirmed": confirm_loss,
}
"""Made here for every run of a workload that trains."""

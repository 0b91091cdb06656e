"""Confirm what a job says of itself: its exit code, its device, what the plan asked its training to reach. Pure."""

import math

from orchestrator.models import NOT_STARTED, Outcome, WorkloadRun
from orchestrator.stages.certify.advise import broken_link
from orchestrator.stages.certify.finding import Finding

CUT_SHORT = ("timeout", "oom-kill", "signal", "core-dump")
"""How systemd's words begin for a job that did not end by itself."""


def confirm_exit_code(run: WorkloadRun) -> Finding:
    """0 with every check passed, 1 with a failed one: anything else contradicts the checks or was no proper end."""
    if run.exit_code is None or not run.ended.startswith(CUT_SHORT):
        return _by_exit_code(run)
    reason = (
        f"the host saw the job end otherwise than its exit code {run.exit_code} says: {_ending(run.ended)}"
    )
    return Finding(Outcome.ERROR, str(run.exit_code), run.ended, reason)


def _by_exit_code(run: WorkloadRun) -> Finding:
    bad = ", ".join(check.name for check in run.checks if check.outcome is not Outcome.PASSED)
    failed = any(check.outcome is Outcome.FAILED for check in run.checks)
    seen = "none" if run.exit_code is None else str(run.exit_code)
    agrees = (run.exit_code == 0 and not bad) or (run.exit_code == 1 and failed)
    if agrees:
        return Finding(Outcome.PASSED, seen, "1, because a check failed" if failed else "0")
    match run.exit_code:
        case 0:
            reason = f"the job claims success, yet not passed: {bad}"
        case 1 if bad:
            reason = f"no check of the job failed, and these did not pass: {bad}"
        case 1:
            reason = "the job claims failure, yet no check of it failed"
        case 2:
            reason = "the job itself could not judge"
        case None if run.ended.startswith("timeout"):
            reason = f"the job was not done within {run.request.timeout_s} s (timeout_s) and was ended"
            return Finding(Outcome.FAILED, run.ended, "0", reason)
        case None if run.ended.startswith(NOT_STARTED):
            reason = f"the job was {run.ended}"
        case None if run.ended:
            reason = f"the job was ended from outside: {_ending(run.ended)}"
            seen = run.ended
        case None:
            reason = "the host lost the job: it was never seen to end"
        case code:
            reason = f"the job broke off with exit code {code}"
    return Finding(Outcome.ERROR, seen, "0", reason)


def _ending(ended: str) -> str:
    """systemd's words in ours."""
    result, _, status = ended.partition(" ")
    if result == "oom-kill":
        return "the kernel had no memory left (oom-kill)"
    if result in {"signal", "core-dump"}:
        return f"by signal {status}" + (", with a core dump" if result == "core-dump" else "")
    return ended


def confirm_device(run: WorkloadRun) -> Finding:
    """Where a GPU is there or was asked for, nothing else may have computed, whatever the job printed."""
    seen = run.device_used or "unknown"
    listed = any(device.kind == "GPU" for device in run.devices)
    asked = run.request.device == "gpu" or (run.request.device == "auto" and listed)
    if run.gpu_expected or asked:
        if run.device_used != "GPU":
            because = "was asked for" if run.request.device == "gpu" else "is in the host"
            link = broken_link(run)
            where = f"; the broken link is {link}" if link else ""
            return Finding(
                Outcome.FAILED, seen, "GPU", f"a GPU {because}, yet what computed is: {seen}{where}"
            )
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

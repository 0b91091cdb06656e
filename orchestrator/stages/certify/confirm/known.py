"""Were the data the right ones, and did every device give the known answers? From the digests and figures in the result. Pure."""

from orchestrator.models import KnownAnswer, Outcome, WorkloadRun
from orchestrator.stages.certify.confirm.bands import (
    ANSWER_FIRST_LOSS,
    ANSWER_LAST_LOSS,
    ANSWER_TEST_ACCURACY,
    ANSWER_TRAINING_ACCURACY,
    DATA,
)
from orchestrator.stages.certify.finding import Finding, passed, unknown


def confirm_data(run: WorkloadRun) -> Finding:
    """The bytes that were trained and tested on are those of Fashion-MNIST: all four files, by SHA-256."""
    expected = "the four files of Fashion-MNIST"
    if run.evidence is None:
        return unknown("the result does not say what was trained on", expected)
    read = {file.name: file.sha256 for file in run.evidence.data}
    seen = f"{len(read)} files"
    missing = [name for name in DATA if name not in read]
    if missing:
        return Finding(
            Outcome.ERROR, seen, expected, f"the job did not say what it read as {', '.join(missing)}"
        )
    other = [name for name in DATA if read[name] != DATA[name]]
    if other:
        return Finding(
            Outcome.FAILED, seen, expected, f"what was trained on is not Fashion-MNIST: {', '.join(other)}"
        )
    return passed(seen, expected)


def confirm_answers(run: WorkloadRun) -> Finding:
    """Each device that had to compute gave the known answers: product, convolution, gradients, and a short training."""
    devices = [device.name for device in run.devices if device.kind == run.device_used]
    expected = f"known answers on {', '.join(devices) or 'a device'}"
    if run.evidence is None or not devices:
        return unknown("the result has no answers to known sums", expected)
    answers = {answer.device: answer for answer in run.evidence.known_answers}
    silent = [name for name in devices if name not in answers]
    if silent:
        return Finding(
            Outcome.ERROR, ", ".join(answers), expected, f"no answer came from {', '.join(silent)}"
        )
    wrong = [f"{name}: {why}" for name in devices if (why := _wrong_answer(answers[name]))]
    if wrong:
        return Finding(Outcome.FAILED, ", ".join(answers), expected, "; ".join(wrong))
    return passed(", ".join(answers), expected)


def _wrong_answer(answer: KnownAnswer) -> str:
    if answer.places != (answer.device,):
        return f"what computed is {', '.join(answer.places) or 'unknown'}"
    errors = {
        "product": answer.matmul_error,
        "convolution": answer.forward_error,
        "gradient": answer.gradient_error,
        "loss on the way": answer.loss_error,
    }
    off = [name for name, error in errors.items() if error is None or not 0 <= error <= 1]
    if off:
        return f"{' and '.join(off)} differ from NumPy's"
    if answer.still:
        return f"nothing is learnt in {' and '.join(answer.still)}"
    figures = (
        ("first loss", answer.first_loss, ANSWER_FIRST_LOSS),
        ("last loss", answer.last_loss, ANSWER_LAST_LOSS),
        ("accuracy on trained images", answer.training_accuracy, ANSWER_TRAINING_ACCURACY),
        ("accuracy on test images", answer.test_accuracy, ANSWER_TEST_ACCURACY),
    )
    return ", ".join(f"{name} {value} is not {band}" for name, value, band in figures if value not in band)

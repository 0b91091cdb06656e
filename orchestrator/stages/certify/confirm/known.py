"""Were the data the right ones, and did every device give the known answers? From the digests and figures in the result. Pure."""

from collections.abc import Callable

from orchestrator.models import KnownAnswer, Outcome, WorkloadRun
from orchestrator.stages.certify.confirm.bands import ANSWERS, CIFAR10, DATA, TRAINING_IMAGES, Answers
from orchestrator.stages.certify.finding import Finding, passed, unknown


def confirm_data(run: WorkloadRun) -> Finding:
    """The bytes that were trained and tested on are those of the published data set, by SHA-256, and all of it."""
    workload = run.request.workload
    expected = f"the published data of {workload}"
    if run.evidence is None:
        return unknown("the result does not say what was trained on", expected)
    seen = f"{len(run.evidence.data)} files"
    asked = run.job.arguments if run.job else {}
    for name in ("synthetic", "limit"):
        if asked.get(name) is not None and (name, asked[name]) != ("limit", TRAINING_IMAGES):
            reason = f"what was trained on is not all of the real data: {name} {asked[name]}"
            return Finding(Outcome.FAILED, seen, expected, reason)
    return _DATA.get(workload, _pinned)(run, seen)


def _fashion_mnist(run: WorkloadRun, seen: str) -> Finding:
    """All four files, by their names."""
    expected = "the four files of Fashion-MNIST"
    read = {file.name: file.sha256 for file in run.evidence.data} if run.evidence else {}
    missing = [name for name in DATA if name not in read]
    if missing:
        reason = f"the job did not say what it read as {', '.join(missing)}"
        return Finding(Outcome.ERROR, seen, expected, reason)
    other = [name for name in DATA if read[name] != DATA[name]]
    if other:
        reason = f"what was trained on is not Fashion-MNIST: {', '.join(other)}"
        return Finding(Outcome.FAILED, seen, expected, reason)
    return passed(seen, expected)


def _cifar10(run: WorkloadRun, seen: str) -> Finding:
    """One archive, in either form."""
    expected = "a published archive of CIFAR-10"
    files = run.evidence.data if run.evidence else ()
    if not files:
        return Finding(Outcome.ERROR, seen, expected, "the job did not say what it read")
    other = [file.name for file in files if file.sha256 not in CIFAR10]
    if other:
        return Finding(
            Outcome.FAILED, seen, expected, f"what was trained on is not CIFAR-10: {', '.join(other)}"
        )
    return passed(seen, expected)


def _pinned(run: WorkloadRun, seen: str) -> Finding:
    """Of a table that nobody publishes a checksum of: the one that the plan names."""
    wanted = dict(run.request.options).get("data_sha256")
    expected = f"SHA-256 {wanted}" if wanted else "a checksum that the plan names"
    digests = {file.sha256 for file in run.evidence.data if file.split != "test"} if run.evidence else set()
    if not wanted or not digests:
        reason = "whether these are the real data is unknown: nobody publishes their checksum, and the plan names none"
        return Finding(Outcome.ERROR, seen, expected, reason)
    if wanted not in digests:
        return Finding(
            Outcome.FAILED, seen, expected, "what was trained on is not the table that the plan names"
        )
    return passed(seen, expected)


_DATA: dict[str, Callable[[WorkloadRun, str], Finding]] = {
    "fashion_mnist": _fashion_mnist,
    "optimizers": _fashion_mnist,
    "distributed": _fashion_mnist,
    "cifar10": _cifar10,
}


def confirm_answers(run: WorkloadRun) -> Finding:
    """Each device that had to compute gave the known answers: product, convolution, gradients, and a short training."""
    devices = [device.name for device in run.devices if device.kind == run.device_used]
    expected = f"known answers on {', '.join(devices) or 'a device'}"
    if run.evidence is None or not devices:
        return unknown("the result has no answers to known sums", expected)
    answers = {answer.device: answer for answer in run.evidence.known_answers}
    every = run.evidence.known_answers
    silent = [name for name in devices if name not in answers]
    if silent:
        return Finding(
            Outcome.ERROR, ", ".join(answers), expected, f"no answer came from {', '.join(silent)}"
        )
    bands = ANSWERS[run.request.workload]
    wrong = [
        f"{each.device}: {why}"
        for each in every
        if each.device in devices and (why := _wrong_answer(each, bands))
    ]
    if wrong:
        return Finding(Outcome.FAILED, ", ".join(answers), expected, "; ".join(wrong))
    return passed(", ".join(answers), expected)


def _wrong_answer(answer: KnownAnswer, bands: Answers) -> str:
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
        ("first loss", answer.first_loss, bands.first_loss),
        ("last loss", answer.last_loss, bands.last_loss),
        ("accuracy on trained images", answer.training_accuracy, bands.training_accuracy),
        ("accuracy on test images", answer.test_accuracy, bands.test_accuracy),
    )
    return ", ".join(f"{name} {value} is not {band}" for name, value, band in figures if value not in band)

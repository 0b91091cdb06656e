"""Are the answers of every device the known ones? Pure.

The bands have both sides: what comes out better than it can be is as wrong as what comes out worse.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from workloads.known_answer.trial import worst
from workloads.result import Check, check
from workloads.result.evidence import KnownAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What a figure may be."""

    low: float
    high: float
    source: str

    def __contains__(self, value: float) -> bool:
        """False for what is no number."""
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


_MEASURED = (
    "NumPy in float64 comes to the middle; TensorFlow 2.21, JAX 0.10 and PyTorch 2.13 on x86-64 CPUs were measured "
    "within 4e-7 of it. No GPU was measured: float32 without TensorFloat-32 is the same arithmetic in another order, and gets "
    "a thousand times that"
)
FIRST_LOSS = Band(low=2.3837, high=2.3857, source=_MEASURED)
LAST_LOSS = Band(low=0.8706, high=0.8727, source=_MEASURED)
TRAINING_ACCURACY = Band(low=0.728, high=0.748, source="0.738 on all of them; 5 images of 500 for rounding")
TEST_ACCURACY = Band(low=0.68, high=0.70, source="0.690 on all of them; 5 images of 500 for rounding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """What the short training comes to on one set of images."""

    first_loss: Band
    last_loss: Band
    training_accuracy: Band
    test_accuracy: Band


FASHION_MNIST = Bands(
    first_loss=FIRST_LOSS,
    last_loss=LAST_LOSS,
    training_accuracy=TRAINING_ACCURACY,
    test_accuracy=TEST_ACCURACY,
)
_GENERATED = (
    "NumPy in float64 comes to the middle; TensorFlow 2.21 and JAX 0.10 on x86-64 CPUs were measured within 4e-7 of it; the width is "
    "that of Fashion-MNIST's"
)
GENERATED = Bands(
    first_loss=Band(low=2.3797, high=2.3817, source=_GENERATED),
    last_loss=Band(low=0.4091, high=0.4111, source=_GENERATED),
    training_accuracy=Band(low=0.91, high=0.93, source=_GENERATED),
    test_accuracy=Band(low=0.882, high=0.902, source=_GENERATED),
)
"""Of `known_answer.generated`."""


def judge(
    answers: Sequence[KnownAnswer], devices: Sequence[str], bands: Bands = FASHION_MNIST
) -> tuple[Check, ...]:
    """One check for each kind of sum, over all `devices` that have to compute; `bands` are those of the images that were used."""

    def against_training(answer: KnownAnswer) -> str:
        return _against_training(answer, bands)

    return (
        _over_all(
            "device_matmul",
            _of_each(answers, devices, _against_matmul),
            seen=f"largest error {_largest(answer.matmul_error for answer in answers)} of the tolerance",
            expected=f"right on {', '.join(devices)}",
        ),
        _over_all(
            "device_convolution",
            _of_each(answers, devices, _against_convolution),
            seen=f"largest error {_largest(answer.gradient_error for answer in answers)} of the tolerance",
            expected=f"logits and gradients as NumPy's on {', '.join(devices)}",
        ),
        _over_all(
            "device_training",
            _of_each(answers, devices, against_training),
            seen="; ".join(
                f"{answer.device}: {answer.first_loss:.4f} to {answer.last_loss:.4f}, accuracy "
                f"{answer.training_accuracy:.3f} and {answer.test_accuracy:.3f}"
                for answer in answers
            )
            or "nothing",
            expected=f"loss {bands.first_loss}, then {bands.last_loss}; accuracy {bands.training_accuracy} and "
            f"{bands.test_accuracy}",
        ),
    )


def _over_all(name: str, reasons: Sequence[str], *, seen: str, expected: str) -> Check:
    return check(name, "; ".join(filter(None, reasons)), seen=seen, expected=expected)


def _of_each(
    answers: Sequence[KnownAnswer], devices: Sequence[str], against: Callable[[KnownAnswer], str]
) -> tuple[str, ...]:
    """What is held against each device that has to compute; empty for one that did it rightly."""
    by_device = {answer.device: answer for answer in answers}
    return tuple(_against(device, by_device.get(device), against) for device in devices)


def _against(device: str, answer: KnownAnswer | None, against: Callable[[KnownAnswer], str]) -> str:
    if answer is None:
        return f"{device} gave no answer"
    if answer.places != (device,):
        return f"{device} was asked, and what computed is {', '.join(answer.places) or 'unknown'}"
    reason = against(answer)
    return f"{device}: {reason}" if reason else ""


# Not `>` in any of these: an error that is not a number must fail too.


def _against_matmul(answer: KnownAnswer) -> str:
    return "" if answer.matmul_error <= 1 else "the product differs from NumPy's"


def _against_convolution(answer: KnownAnswer) -> str:
    if not answer.forward_error <= 1:
        return "the convolutions' output differs from NumPy's"
    if not answer.gradient_error <= 1:
        return "a gradient differs from NumPy's"
    return f"nothing is learnt in the {' and the '.join(answer.still)}" if answer.still else ""


def _against_training(answer: KnownAnswer, bands: Bands) -> str:
    if not answer.loss_error <= 1:
        return "the loss differs from NumPy's on the way"
    figures = (
        ("first loss", answer.first_loss, bands.first_loss),
        ("last loss", answer.last_loss, bands.last_loss),
        ("accuracy on trained images", answer.training_accuracy, bands.training_accuracy),
        ("accuracy on test images", answer.test_accuracy, bands.test_accuracy),
    )
    return ", ".join(
        f"{name} {value:.4f} is not {band}" for name, value, band in figures if value not in band
    )


def _largest(errors: Iterable[float]) -> str:
    found = tuple(errors)
    return f"{worst(found):.2%}" if found else "unknown"

"""What the figures of all configurations have to be. Pure.

A check holds for every configuration that was measured, and says of which it does not. One that was not measured to its end fails
`configurations_measured`.
"""

from collections.abc import Callable, Mapping, Sequence

from workloads.cifar10.configurations import Configuration, Precision, Spread
from workloads.cifar10.measurement import Measurement
from workloads.known_answer.judge import Band
from workloads.result import Check, Device, Failure, Kind, check
from workloads.training.judge import RECOMPUTED

REPLICAS = 1e-4
"""By how much copies of a weight may differ. All get the same mean of gradients, so on like devices they are equal to the bit; where
one missed a step of Adam, some weight differs by its learning rate, 1e-3."""
RECOMPUTED_MIXED = 0.02
"""As RECOMPUTED, where each product has 8 bits (bfloat16) or 11 (float16): more images stand on the edge."""
FIRST_LOSS = Band(
    low=2.2,
    high=2.5,
    source="ln 10 = 2.303 is the loss of a network that knows nothing; 2.30 to 2.34 were measured on made-up images of this format",
)
HIGHEST_ACCURACY = Band(
    low=0.0,
    high=0.82,
    source="TensorFlow's tutorial has 0.70 to 0.72 after ten epochs of this network; without augmentation it learns by heart after that",
)
GAP = Band(
    low=-0.03,
    high=1.0,
    source="10,000 images of each have a deviation of 0.5 %: test images that are known better were trained on",
)
"""Accuracy on trained images minus accuracy on test images. No measurement on CIFAR-10 itself was possible when these were written."""

Measured = Mapping[Configuration, Measurement]


def judge(measured: Measured, *, least_accuracy: float, published: bool) -> tuple[Check, ...]:
    """Every check that is about figures alone.

    Args:
        measured: configurations that came to their end; at least one.
        least_accuracy: test accuracy, 0..1, that each has to reach.
        published: these are the published images: what is better than they allow is as wrong as what is worse.
    """
    return (
        _over_all(
            "loss_falls",
            measured,
            _against_losses,
            seen=lambda m: f"{m.losses[0]:.4f} to {m.losses[-1]:.4f}",
            expected="falls",
        ),
        _over_all(
            "throughput_measured",
            measured,
            lambda m: (
                ""
                if m.images_per_s > 0
                else "every batch was warm-up: train more epochs or in smaller batches"
            ),
            seen=lambda m: f"{m.images_per_s:,.0f} images/s",
            expected="above 0, after the warm-up",
        ),
        _over_all(
            "test_accuracy",
            measured,
            lambda m: (
                ""
                if m.test_accuracy >= least_accuracy
                else f"{m.test_accuracy:.4f} is below {least_accuracy:g}"
            ),
            seen=lambda m: f"{m.test_accuracy:.4f}",
            expected=f"at least {least_accuracy:g}",
        ),
        _bands(measured, published=published),
        _over_all(
            "weights_changed",
            measured,
            lambda m: f"unchanged or no number: {', '.join(m.still)}" if m.still else "",
            seen=lambda m: f"{m.weights - len(m.still)} of {m.weights}",
            expected="all changed",
        ),
        check_replicas(measured),
        check_recomputed(measured),
    )


def check_measured(chosen: Sequence[Configuration], failures: Mapping[Configuration, Failure]) -> Check:
    """Every configuration came to its end."""
    reason = "; ".join(
        f"{each.name}: {failure.type}: {failure.message}" for each, failure in failures.items()
    )
    if not chosen:
        reason = "none was asked for that this host has"
    seen = f"{len(chosen) - len(failures)} of {len(chosen)}"
    return check("configurations_measured", reason, seen=seen, expected="each to its end, and at least one")


def check_replicas(measured: Measured) -> Check:
    """Every device ended with the same weights, and no device was left out."""
    several = {each: made for each, made in measured.items() if each.spread is not Spread.ALONE}
    reasons = []
    for each, made in several.items():
        if made.replicas != len(each.devices):
            reasons.append(
                f"{each.name}: {made.replicas} copies of each weight on {len(each.devices)} devices"
            )
        # Not `>`: a difference that is not a number must fail too.
        elif not made.difference <= REPLICAS:
            reasons.append(f"{each.name}: a weight differs by {made.difference:g} between devices")
    seen = (
        ", ".join(f"{each.name} {made.difference:g}" for each, made in several.items()) or "none has replicas"
    )
    return check(
        "replicas_agree", "; ".join(reasons), seen=seen, expected=f"differences of at most {REPLICAS:g}"
    )


def check_recomputed(measured: Measured) -> Check:
    """NumPy, given the trained weights, knows as many of the same test images."""
    reasons = []
    for each, made in measured.items():
        allowed = RECOMPUTED if each.precision is Precision.FLOAT32 else RECOMPUTED_MIXED
        if not abs(made.told_accuracy - made.recomputed_accuracy) <= allowed:
            reasons.append(
                f"{each.name}: the framework tells {made.told_accuracy:.4f}, and its weights have "
                f"{made.recomputed_accuracy:.4f}"
            )
    seen = ", ".join(f"{each.name} {made.recomputed_accuracy:.4f}" for each, made in measured.items())
    expected = f"as told, give or take {RECOMPUTED:g}, {RECOMPUTED_MIXED:g} in mixed precision"
    return check("accuracy_recomputed", "; ".join(reasons), seen=seen, expected=expected)


def check_used(measured: Measured, devices: Sequence[Device]) -> Check:
    """Each configuration computed on its own devices, and on no other.

    Args:
        measured: configurations that came to their end.
        devices: of this host.
    """
    by_name = {device.name: device for device in devices}
    reasons = []
    for each, made in measured.items():
        if made.places != each.places:
            reasons.append(
                f"{each.name}: asked for {', '.join(each.places)}, and what computed is {', '.join(made.places)}"
            )
            continue
        wanted = tuple(by_name[name].uuid for name in each.device_names if each.kind is Kind.GPU)
        if all(wanted) and made.cards != wanted:
            reasons.append(
                f"{each.name}: asked for card {', '.join(wanted)}, and was shown {', '.join(made.cards)}"
            )
    seen = ", ".join(f"{each.name}: {' '.join(made.places)}" for each, made in measured.items())
    return check("device_used", "; ".join(reasons), seen=seen, expected="those of each configuration")


def _bands(measured: Measured, *, published: bool) -> Check:
    def against(made: Measurement) -> str:
        figures = [("first loss", made.losses[0], FIRST_LOSS)]
        if published:
            figures += [
                ("test accuracy", made.test_accuracy, HIGHEST_ACCURACY),
                ("training minus test accuracy", made.training_accuracy - made.test_accuracy, GAP),
            ]
        return ", ".join(
            f"{name} {value:.4f} is not {band}" for name, value, band in figures if value not in band
        )

    asked = [f"first loss {FIRST_LOSS}"]
    if published:
        asked += [f"test accuracy {HIGHEST_ACCURACY}", f"training minus test accuracy {GAP}"]
    return _over_all(
        "training_bands",
        measured,
        against,
        seen=lambda m: (
            f"{m.losses[0]:.4f}, {m.test_accuracy:.4f}, {m.training_accuracy - m.test_accuracy:.4f}"
        ),
        expected=", ".join(asked),
    )


def _against_losses(made: Measurement) -> str:
    if not all(abs(loss) < float("inf") for loss in made.losses):
        return "it is not a number all the way"
    return "" if made.losses[-1] < made.losses[0] else "it did not fall"


def _over_all(
    name: str,
    measured: Measured,
    against: Callable[[Measurement], str],
    *,
    seen: Callable[[Measurement], str],
    expected: str,
) -> Check:
    reasons = [f"{each.name}: {reason}" for each, made in measured.items() if (reason := against(made))]
    shown = ", ".join(f"{each.name} {seen(made)}" for each, made in measured.items())
    return check(name, "; ".join(reasons), seen=shown, expected=expected)

"""What a run of the style network has to show. Pure."""

import math
from collections.abc import Mapping, Sequence

from workloads.result import Check, Kind, check
from workloads.style_transfer.rendering import Rendering
from workloads.style_transfer.tiles import MIB, mib

NUMPY_TOLERANCE = 1e-4
"""Of a colour from 0 to 1: float32 was measured at 1e-6 through all 16 convolutions; 4e-3 is one step of 256."""
SEAM_TOLERANCE = 1e-4
"""As above: a tile's sums are the same, in an order that each kernel chooses by the size."""
TOO_MUCH = 4
"""A prediction of more than this many times what was taken refuses pictures that fit. Asked where more than BIG was taken."""
BIG = 2048 * MIB
SCRATCH = 2
"""On a GPU, how many times the prediction may be taken: cuDNN takes more scratch where more is free, and less where it is not."""
LEAST_CONTRAST = 2.0
"""Standard deviation of the picture's 256 steps: below it, it is one colour."""
LEAST_CHANGE = 2.0
"""Mean difference from the photograph, in steps."""


def check_numpy(errors: Mapping[str, float]) -> Check:
    """Every device makes of a small picture what NumPy makes of it, in float32."""
    return _small("network_equals_numpy", errors, NUMPY_TOLERANCE, "differs from NumPy")


def check_seams(seams: Mapping[str, float]) -> Check:
    """On every device a picture in tiles is the one that is made at once, everywhere."""
    return _small("tiles_equal_whole", seams, SEAM_TOLERANCE, "shows its tiles")


def check_memory_predicted(renderings: Sequence[Rendering]) -> Check:
    """No device took more than was said before, and what was said was of use."""
    reasons = []
    for made in renderings:
        bound = made.predicted * (SCRATCH if made.kind is Kind.GPU else 1)
        if made.peak > bound:
            reasons.append(f"{made.device} took {mib(made.peak)} MiB where {mib(bound)} MiB were the most")
        elif made.peak - made.before > BIG and made.plan.need > TOO_MUCH * (made.peak - made.before):
            reasons.append(f"{made.device} took far less than {mib(made.plan.need)} MiB")
    return check(
        "memory_predicted",
        "; ".join(reasons) if renderings else "nothing was made",
        seen=", ".join(f"{made.device} peak {mib(made.peak)} MiB" for made in renderings),
        expected=", ".join(f"{made.device} at most {mib(made.predicted)} MiB" for made in renderings),
    )


def check_pictures(contrast: Mapping[str, float], change: Mapping[str, float]) -> Check:
    """Each picture has contrast and is not the photograph: both in steps of 256, by device."""
    reasons = [
        f"{device}: {said}"
        for device in contrast
        for value, least, said in (
            (contrast[device], LEAST_CONTRAST, "one colour all over"),
            (change[device], LEAST_CHANGE, "the photograph as it was"),
        )
        if not value >= least
    ]
    return check(
        "pictures_made",
        "; ".join(reasons) if contrast else "nothing was made",
        seen=", ".join(
            f"{device}: contrast {contrast[device]:.1f}, change {change[device]:.1f}" for device in contrast
        ),
        expected=f"contrast at least {LEAST_CONTRAST:g}, change at least {LEAST_CHANGE:g} of 256",
    )


def check_style_learnt(losses: Sequence[float], first_again: float) -> Check:
    """What was learnt makes the loss of the first step's crops lower. No `losses`: the weights came from a file."""
    if not losses:
        return check("style_learnt", "", seen="weights from a file", expected="nothing: nothing was trained")
    seen = f"{losses[0]:.4f} to {first_again:.4f} on the same crops in {len(losses)} steps"
    if not all(map(math.isfinite, (*losses, first_again))):
        return check("style_learnt", "it is not a number all the way", seen=seen, expected="falls")
    return check(
        "style_learnt", "" if first_again < losses[0] else "it did not fall", seen=seen, expected="falls"
    )


def check_changed(names: int, still: Sequence[str]) -> Check:
    """Every weight differs from its start, and is a number. No `names`: the weights came from a file, which was looked at."""
    if not names:
        return check(
            "weights_changed", "", seen="weights from a file", expected="nothing: nothing was trained"
        )
    reason = f"unchanged or no number: {', '.join(still)}" if still else ""
    return check(
        "weights_changed", reason, seen=f"{names - len(still)} of {names} changed", expected="all changed"
    )


def check_places(wanted: Kind, renderings: Sequence[Rendering]) -> Check:
    """Each device made its own picture, and one of the wanted kind is among them."""
    reasons = [
        f"what {made.device} was asked for was computed on {made.place}"
        for made in renderings
        if made.place != made.device
    ]
    if wanted not in {made.kind for made in renderings}:
        reasons.append(f"asked for the {wanted}, which made no picture")
    return check(
        "device_used",
        "; ".join(reasons),
        seen=", ".join(made.place for made in renderings),
        expected=", ".join(made.device for made in renderings) or wanted,
    )


def _small(name: str, errors: Mapping[str, float], tolerance: float, said: str) -> Check:
    # Not `>`: an error that is not a number must fail too.
    reasons = [f"{device} {said}" for device, value in errors.items() if not value <= tolerance]
    return check(
        name,
        "; ".join(reasons) if errors else "no device was tried",
        seen=", ".join(f"{device}: {value:.2g}" for device, value in errors.items()),
        expected=f"at most {tolerance:g} of 1 for each colour",
    )

"""What has to be true of the error in pixels, and of the file of predictions. Pure."""

from collections.abc import Mapping, Sequence

from workloads.keypoints.table.data import SIDE, Wanted
from workloads.result import Check, check

RECOMPUTED = 0.01
"""Pixels by which NumPy's error may differ: both compute in float32, TensorFloat-32 off, and add in another order."""
WRITTEN = 1e-4
"""Pixels by which a prediction in the file may differ from the network's: it has five digits after the point."""


def check_rmse(rmse: float, most: float | None, of_means: float) -> Check:
    """The error on faces that were not learnt from is below that of an answer that puts every point at its mean place.

    Args:
        rmse: in pixels.
        most: what was asked for, if anything was.
        of_means: the error of the mean places, on the same faces.
    """
    # Not `>=`: an error that is not a number must fail too.
    reason = (
        "" if rmse < of_means else f"every point at its mean place has {of_means:.3f}, and that knows no face"
    )
    if not reason and most is not None and not rmse <= most:
        reason = f"{rmse:.3f} is above {most:g}"
    asked = f"at most {most:g}, and " if most is not None else ""
    return check(
        "keypoint_rmse", reason, seen=f"{rmse:.3f} pixels", expected=f"{asked}below {of_means:.3f} pixels"
    )


def check_recomputed(told: float, recomputed: float) -> Check:
    """NumPy, given the trained weights, has the same error."""
    reason = (
        "" if abs(told - recomputed) <= RECOMPUTED else "the framework gives other points than its weights do"
    )
    expected = f"{told:.4f} pixels, give or take {RECOMPUTED:g}"
    return check("rmse_recomputed", reason, seen=f"{recomputed:.4f} pixels", expected=expected)


def check_missing(missing: float, known: float) -> Check:
    """A coordinate that is missing has no part in the loss, wherever the network puts it; a known one has.

    Args:
        missing: by how much the loss changed when the answers to missing coordinates alone were moved.
        known: by how much, when those to known ones were.
    """
    reason = ""
    if missing != 0:
        reason = "the loss depends on coordinates that are missing"
    elif not known > 0:
        reason = "the loss does not depend on coordinates that are known"
    return check(
        "missing_masked",
        reason,
        seen=f"missing ones moved it by {missing:g}, known ones by {known:g}",
        expected="by 0, and by more than 0",
    )


def check_predictions(
    files: Mapping[str, Sequence[tuple[str, float]]],
    wanted: Sequence[Wanted],
    given: Mapping[tuple[str, str], float],
) -> Check:
    """Every file answers each row that is asked for, in order, within the image, with what the network gave.

    Args:
        files: by name, RowId and Location as they were read back.
        wanted: what is asked for.
        given: pixels by image and coordinate.
    """
    reasons = [
        f"{name}: {reason}" for name, rows in files.items() if (reason := _against(rows, wanted, given))
    ]
    return check(
        "predictions",
        "; ".join(reasons) if files else "nothing was written",
        seen=", ".join(f"{name} {len(rows)} rows" for name, rows in files.items()),
        expected=f"{len(wanted)} rows in their order, each from 0 to {SIDE}",
    )


def _against(
    rows: Sequence[tuple[str, float]], wanted: Sequence[Wanted], given: Mapping[tuple[str, str], float]
) -> str:
    if [row_id for row_id, _ in rows] != [asked.row_id for asked in wanted]:
        return "the rows are not those that are asked for, in their order"
    outside = [row_id for row_id, place in rows if not 0 <= place <= SIDE]
    if outside:
        return f"row {outside[0]} is outside of the image"
    for (row_id, place), asked in zip(rows, wanted, strict=True):
        if not abs(place - given[asked.image_id, asked.coordinate]) <= WRITTEN:
            return f"row {row_id} is not what the network gave"
    return ""

"""What has to be true of the stores, the trainings, the production model and the submission. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from workloads.known_answer.trial import worst
from workloads.otto.table.data import CLASSES
from workloads.result import Check, check

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

SAME_LOSS = 1e-6
"""By how much the losses of both trainings may differ on the CPU, as a share. The same batches in the same order: they are equal there."""
SAME_LOSS_ON_GPU = 0.02
"""On a GPU additions come in another order from run to run, and what is rounded differently grows from step to step."""
RECOMPUTED = 1e-4
"""By how much NumPy's log loss may differ, absolutely: float32 against float64, TensorFloat-32 off."""
RELOADED = 1e-6
"""By how much a share of the reloaded model may differ. It is the same arithmetic, compiled anew."""
SUMS_TO_ONE = 1e-6
"""By how much the sum of a row of the submission may differ from 1: nine shares of nine digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """A table as a store gives it back."""

    store: str
    features: Array
    classes: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A submission as it was read back from its file."""

    ids: Sequence[str]
    shares: Array


def check_stores(features: Array, classes: Array, stores: Sequence[ReadBack]) -> Check:
    """Every store gives back the table itself: kind, range and each value. Floats that were stored as bytes do not pass."""
    reasons = [
        f"{store.store}: {reason}"
        for store in stores
        if (reason := _changed(features, store.features) or _changed(classes, store.classes))
    ]
    return check(
        "stores_read_back",
        "; ".join(reasons) if stores else "nothing was stored",
        seen=", ".join(f"{store.store} {_kind(store.features)}" for store in stores),
        expected=_kind(features),
    )


def check_same(losses: Sequence[tuple[str, Sequence[float]]], *, on_gpu: bool) -> Check:
    """Trained from each store with the same seed, the losses are the same.

    Args:
        losses: by store, the first batch's and each epoch's mean.
        on_gpu: whether a GPU computed them.
    """
    allowed = SAME_LOSS_ON_GPU if on_gpu else SAME_LOSS
    apart = (
        worst(
            abs(one - other) / abs(one) if one else math.inf
            for (_, first), (_, second) in pairwise(losses)
            for one, other in zip(first, second, strict=True)
        )
        if len(losses) > 1
        else math.nan
    )
    # Not `>`: a difference that is not a number must fail too.
    reason = "" if apart <= allowed else "the same rows with the same seed were trained to other losses"
    seen = ", ".join(f"{name} {values[0]:.6f} to {values[-1]:.6f}" for name, values in losses)
    return check("same_losses", reason, seen=seen, expected=f"equal, give or take {allowed:g} of each")


def check_log_loss(log_loss: float, most: float, of_frequencies: float) -> Check:
    """The log loss on rows that were not learnt from is low enough, and lower than that of an answer that knows nothing of a row."""
    wanted = min(most, of_frequencies)
    reason = "" if log_loss <= wanted else f"{log_loss:.4f} is above {wanted:.4f}"
    if not reason and not log_loss < of_frequencies:
        reason = "it is no better than how often each class comes"
    return check(
        "log_loss",
        reason,
        seen=f"{log_loss:.4f}",
        expected=f"at most {most:g}, and below {of_frequencies:.4f}, the frequencies' own",
    )


def check_recomputed(told: float, recomputed: float) -> Check:
    """NumPy, given the trained weights, comes to the log loss that Keras tells."""
    reason = "" if abs(told - recomputed) <= RECOMPUTED else "Keras tells another loss than its weights have"
    expected = f"{told:.6f}, give or take {RECOMPUTED:g}"
    return check("log_loss_recomputed", reason, seen=f"{recomputed:.6f}", expected=expected)


def check_production(before: Array, after: Array, of_training: Sequence[str]) -> Check:
    """The saved model, read from its file, gives what the trained one gives, and has nothing of a training.

    Args:
        before: shares of the trained model.
        after: shares of the reloaded one.
        of_training: what the reloaded one has that only a training needs.
    """
    same = before.shape == after.shape
    apart = float(abs(before - after).max()) if same and before.size else math.inf
    reason = "" if apart <= RELOADED else "the reloaded model gives other shares than the trained one"
    if of_training:
        reason = f"it still has {', '.join(of_training)}"
    return check(
        "production_model",
        reason,
        seen=f"{len(after)} rows, largest difference {apart:.1e}",
        expected=f"at most {RELOADED:g}; no dropout, loss or optimizer",
    )


def check_submission(submission: Submission, ids: Sequence[str], shares: Array) -> Check:
    """The file has a row for each new product, in order, and the shares that the model gave."""
    import numpy as np

    written = np.asarray(submission.shares, np.float64).reshape(-1, len(CLASSES))
    reason = ""
    if list(submission.ids) != list(ids):
        reason = _other_ids(submission.ids, ids)
    elif not bool((abs(written.sum(axis=1) - 1) <= SUMS_TO_ONE).all()):
        worst = int(np.argmax(abs(written.sum(axis=1) - 1)))
        reason = f"the shares of id {ids[worst]} sum to {written[worst].sum():.6g}"
    elif not float(abs(written - shares).max()) <= SUMS_TO_ONE:
        reason = "the shares are not those that the model gave"
    return check(
        "submission",
        reason,
        seen=f"{len(submission.ids)} rows",
        expected=f"{len(ids)} rows in the order of the ids, each summing to 1",
    )


def _changed(expected: Array, seen: Array) -> str:
    """What is different; empty where nothing is."""
    if seen.dtype != expected.dtype:
        lost = f": the table reaches from {expected.min():g} to {expected.max():g}, and this from {seen.min():g} to {seen.max():g}"
        return f"{seen.dtype} came back, and {expected.dtype} was meant{lost if seen.size else ''}"
    if seen.shape != expected.shape:
        return f"{seen.shape} came back, and {expected.shape} was meant"
    different = seen != expected
    return f"{int(different.sum())} values came back changed" if bool(different.any()) else ""


def _kind(values: Array) -> str:
    return f"{values.dtype} {'x'.join(map(str, values.shape))} from {values.min():g} to {values.max():g}"


def _other_ids(seen: Sequence[str], wanted: Sequence[str]) -> str:
    if len(seen) != len(wanted):
        return f"{len(seen)} rows, and {len(wanted)} ids were asked for"
    row = next(at for at, (one, other) in enumerate(zip(seen, wanted, strict=True)) if one != other)
    return f"row {row + 1} has id {seen[row]}, and {wanted[row]} was to be there"

"""Which rows are learnt from and which are kept back. Pure: the same seed gives the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from workloads.result import CannotRunError

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

KEPT_BACK = 10
"""One row in so many is not learnt from."""


class TooFewRowsError(CannotRunError):
    """The rows that are there do not fill a single batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Row numbers, int64, shuffled; no row is in both."""

    training: Array
    validation: Array


def split(rows: int, *, seed: int, limit: int | None, batch_size: int) -> Split:
    """Shuffle, take what is asked for, and keep a part of it back.

    Args:
        rows: how many there are.
        seed: of the shuffling.
        limit: how many to use at most.
        batch_size: what does not fill a batch is not trained on.

    Raises:
        TooFewRowsError: not one batch can be filled.
    """
    import numpy as np

    order = np.random.default_rng(seed).permutation(rows)[:limit]
    kept_back = len(order) // KEPT_BACK
    training = len(order) - kept_back
    if not kept_back or training < batch_size:
        raise TooFewRowsError(
            f"{len(order)} rows: {training} to train on, {kept_back} to test on, and a batch takes {batch_size}: take more "
            "rows, or a smaller --batch-size"
        )
    return Split(training=order[kept_back:], validation=order[:kept_back])


def batches(rows: Array, batch_size: int, *, seed: int, epoch: int) -> Sequence[Array]:
    """The row numbers of each batch of one epoch, in another order in each; what does not fill a batch is left out."""
    import numpy as np

    order = np.random.default_rng((seed, epoch)).permutation(rows)
    whole = len(order) // batch_size * batch_size
    return list(order[:whole].reshape(-1, batch_size))

"""Multi-class log loss as Kaggle takes it, in NumPy. Pure."""

from typing import Any, TypeAlias

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

CLIPPED = 1e-15
"""Kaggle replaces a share p by max(min(p, 1 - 1e-15), 1e-15), after it has divided each row by its sum."""


def log_loss(shares: Array, classes: Array) -> float:
    """The mean of -ln(p) over all rows, p being the share of the row's own class.

    Args:
        shares: n x classes, not negative; they need not sum to 1.
        classes: n numbers from 0.

    Returns:
        0 for a certain and right answer, ln(classes) for one that knows nothing; NaN where a row is all zeros.
    """
    import numpy as np

    rows = np.asarray(shares, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        rows = rows / rows.sum(axis=1, keepdims=True)
    own = rows[np.arange(len(rows)), np.asarray(classes, np.int64)]
    return float(-np.log(np.clip(own, CLIPPED, 1 - CLIPPED)).mean())


def of_frequencies(training: Array, classes: Array, count: int) -> float:
    """The log loss of an answer that gives every row the same shares: how often each class came in the training.

    Args:
        training: classes of the rows that were learnt from.
        classes: those of the rows to be judged.
        count: how many classes there are.
    """
    import numpy as np

    shares = np.bincount(training, minlength=count) / len(training)
    return log_loss(np.tile(shares, (len(classes), 1)), classes)

"""Make up rows in the format of the Otto tables, from which something can be learnt. Never taken for the real ones. Needs no NumPy.

Each class has features that it is rich in; the counts are drawn around these, so that neighbouring classes overlap a little.
"""

import random

from workloads.otto.table.data import CLASSES, FEATURES, NEW, SAMPLE, SUBMISSION, TRAINING

_PER_CLASS = 14
"""Features that a class is rich in: more than 93 / 9, so that classes share some."""
_RICH, _POOR = 1.6, 0.5
"""Mean of a count before it is rounded down, exponential: most are zero, as in the real table."""
_MOST = 300
_NEW_ROWS = 0.2
"""Rows without target, as a share of those with one."""


def make_up(rows: int, seed: int) -> dict[str, bytes]:
    """Tables with as many rows to learn from, and some more whose classes are asked for: CSV by file name."""
    rng = random.Random(seed)  # noqa: S311  made-up rows, not secrets
    rich = [set(rng.sample(range(len(FEATURES)), _PER_CLASS)) for _ in CLASSES]
    training = [_row(rng, number, rich) for number in range(1, rows + 1)]
    new = [_row(rng, number, rich) for number in range(1, max(1, int(rows * _NEW_ROWS)) + 1)]
    sample = [f"{number},1{',0' * (len(CLASSES) - 1)}" for number in range(1, len(new) + 1)]
    return {
        TRAINING: _text(("id", *FEATURES, "target"), training),
        NEW: _text(("id", *FEATURES), [row.rpartition(",")[0] for row in new]),
        SAMPLE: _text(SUBMISSION, sample),
    }


def _row(rng: random.Random, number: int, rich: list[set[int]]) -> str:
    target = rng.randrange(len(CLASSES))
    counts = [
        min(_MOST, int(rng.expovariate(1 / (_RICH if feature in rich[target] else _POOR))))
        for feature in range(len(FEATURES))
    ]
    return f"{number},{','.join(map(str, counts))},{CLASSES[target]}"


def _text(header: tuple[str, ...], rows: list[str]) -> bytes:
    return "\n".join([",".join(header), *rows, ""]).encode()

"""Sums over one group of tasks: are they right, and how long do they take?"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from workloads.collectives.engine import Collectives, Reducer

Array: TypeAlias = Any
"""NumPy's, which comes with the training environment and is not there where types are checked."""

FLOAT = 4
"""Bytes."""
_CYCLE = 4093
"""Whole numbers below it, a prime: what lies a row or a block further is another one. Sums of up to 4000 tasks are exact in float32."""
_WARM_UP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One size in one group, as one task saw it."""

    group: tuple[int, ...]
    bytes: int
    seconds: float
    """Of one sum, the median."""
    wrong: int
    """Numbers that are not what they have to be, in the first and the last sum."""
    place: str
    """The device that really holds the sum, `GPU:0`."""


def measure(
    collectives: Collectives,
    group: tuple[int, ...],
    task: int,
    *,
    sizes: tuple[tuple[int, int], ...],
    key: int,
) -> tuple[Measured, ...]:
    """Add up over a group, which all of its tasks do at the same time.

    Args:
        collectives: connected.
        group: ranks, in order.
        task: this one's rank.
        sizes: bytes, and how often.
        key: the first of as many keys as there are sizes; every group's are its own.
    """
    return tuple(
        _measured(collectives.reducer(group, key + index, size // FLOAT), group, task, size, repeats)
        for index, (size, repeats) in enumerate(sizes)
    )


def values(task: int, length: int) -> Array:
    """What a task brings: whole numbers, so that no order of additions changes the sum."""
    import numpy as np

    return np.resize(_cycle(task), length).astype(np.float32)


def expected(group: tuple[int, ...], length: int) -> Array:
    """The sum over a group."""
    import numpy as np

    return np.resize(sum(map(_cycle, group)), length).astype(np.float32)


def _cycle(task: int) -> Array:
    """It repeats."""
    import numpy as np

    return (np.arange(_CYCLE, dtype=np.int64) * (task + 1)) % _CYCLE


def _measured(reducer: Reducer, group: tuple[int, ...], task: int, size: int, repeats: int) -> Measured:
    length = size // FLOAT
    brought, right = reducer.put(values(task, length)), expected(group, length)
    wrong = int((reducer.fetch(reducer.add(brought)) != right).sum())

    def once() -> object:
        summed = reducer.add(brought)
        reducer.wait(summed)
        return summed

    seconds = [_timed(once) for _ in range(_WARM_UP + repeats)][_WARM_UP:]
    summed = once()
    wrong += int((reducer.fetch(summed) != right).sum())
    return Measured(
        group=group,
        bytes=size,
        seconds=statistics.median(seconds),
        wrong=wrong,
        place=reducer.place(summed),
    )


def _timed(do: Callable[[], object]) -> float:
    began = time.monotonic()
    do()
    return time.monotonic() - began

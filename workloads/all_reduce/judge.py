"""What the sums between hosts have to be, and how fast. Pure."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from workloads.all_reduce.links import Floor
from workloads.all_reduce.tournament import Pair, rounds
from workloads.result import Check, Outcome, check

Told: TypeAlias = Mapping[str, Any]
"""What one task measured of one group and size: `group`, `bytes`, `seconds`, `wrong`."""

FAR_SLOWER = 0.4
"""Of the median of the other pairs: below it a pair is slow, whatever the link."""
_OTHERS = 2
"""So many other pairs are needed to say what is usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """A group and a size, by all that its tasks told."""

    group: tuple[int, ...]
    bytes: int
    seconds: float
    """Of the slowest task."""
    wrong: int
    tellers: int

    @property
    def algorithm_gb_per_s(self) -> float:
        """10**9 bytes a second: what a program sees."""
        return self.bytes / self.seconds / 1e9

    @property
    def bus_gb_per_s(self) -> float:
        """What the slowest link carries each way: an all-reduce moves 2(n-1)/n of the bytes over it (nccl-tests, PERFORMANCE.md)."""
        n = len(self.group)
        return self.algorithm_gb_per_s * 2 * (n - 1) / n


def speeds(told: Sequence[Sequence[Told]]) -> tuple[Speed, ...]:
    """By group and size, of all tasks' words the worst."""
    found: dict[tuple[tuple[int, ...], int], list[Told]] = {}
    for of_task in told:
        for each in of_task:
            found.setdefault((tuple(each["group"]), int(each["bytes"])), []).append(each)
    return tuple(
        Speed(
            group=group,
            bytes=size,
            seconds=max(float(each["seconds"]) for each in words),
            wrong=sum(int(each["wrong"]) for each in words),
            tellers=len(words),
        )
        for (group, size), words in sorted(found.items())
    )


def largest(measured: Sequence[Speed]) -> dict[tuple[int, ...], Speed]:
    """Of each group the largest size."""
    return {each.group: each for each in sorted(measured, key=lambda one: one.bytes)}


def check_sums(measured: Sequence[Speed], names: Sequence[str]) -> Check:
    """Every task of every group came to the sum that NumPy knows."""
    wrong = [
        f"{label(each.group, names)}, {each.bytes} bytes: {each.wrong} wrong"
        for each in measured
        if each.wrong
    ]
    numbers = sum(each.bytes // 4 * each.tellers * 2 for each in measured)
    reason = "; ".join(wrong) if measured else "nothing was added up"
    return check("sums_correct", reason, seen=f"{numbers:,} numbers compared", expected="all right")


def check_pairs(measured: Sequence[Speed], tasks: int) -> Check:
    """Every pair, and all together, were measured by all of their tasks."""
    wanted: set[tuple[int, ...]] = {pair for pairs in rounds(tasks) for pair in pairs} | {tuple(range(tasks))}
    made = {each.group for each in measured if each.tellers == len(each.group) and each.seconds > 0}
    missing = sorted(wanted - made)
    reason = f"not measured by all of its tasks: {', '.join(map(str, missing[:8]))}" if missing else ""
    return check(
        "all_pairs_measured", reason, seen=f"{len(wanted & made)} groups", expected=f"{len(wanted)} groups"
    )


def check_alike(measured: Sequence[Speed], names: Sequence[str]) -> Check:
    """No pair is far slower than the others are."""
    pairs = [each for group, each in largest(measured).items() if len(group) == 2]
    slow = []
    for each in pairs:
        others = [other.bus_gb_per_s for other in pairs if other is not each]
        usual = statistics.median(others) if others else 0.0
        if len(others) >= _OTHERS and not each.bus_gb_per_s >= FAR_SLOWER * usual:
            slow.append(
                f"{label(each.group, names)} reaches {each.bus_gb_per_s:.3g} GB/s, the others {usual:.3g}"
            )
    return check(
        "pairs_alike",
        "; ".join(slow),
        seen=_span(pairs),
        expected=f"each at least {FAR_SLOWER:.0%} of the median of the others, where there are {_OTHERS} others",
    )


def check_links(
    measured: Sequence[Speed], floors: Mapping[Pair, Floor | None], names: Sequence[str], *, is_gpu: bool
) -> Check:
    """Every pair reaches what its link has to carry. One whose link is not known is told, not judged, and never passed."""
    pairs = [each for group, each in largest(measured).items() if len(group) == 2]
    seen, expected = _span(pairs), "each pair at least the floor of its link"
    if not is_gpu:
        expected = "nothing: the job is for the CPU"
        return check("link_speed", "", seen=f"{seen}, told and not judged", expected=expected)
    slow, unknown = [], []
    for each in pairs:
        floor = floors.get((each.group[0], each.group[1]))
        if floor is None:
            unknown.append(label(each.group, names))
        elif not each.bus_gb_per_s >= floor.gb_per_s:
            slow.append(
                f"{label(each.group, names)} reaches {each.bus_gb_per_s:.3g} GB/s, and its link at least "
                f"{floor.gb_per_s:.3g}"
            )
    if unknown and not slow:
        reason = f"no expectation is known of the link of {', '.join(unknown)}"
        return Check(name="link_speed", outcome=Outcome.SKIPPED, seen=seen, expected=expected, reason=reason)
    return check("link_speed", "; ".join(slow), seen=seen, expected=expected)


def label(group: Sequence[int], names: Sequence[str]) -> str:
    """`gpu-1 and gpu-3`; of many hosts their number."""
    return " and ".join(names[rank] for rank in group) if len(group) <= 2 else f"all {len(group)} tasks"


def _span(pairs: Sequence[Speed]) -> str:
    if not pairs:
        return "no pair"
    rates = sorted(each.bus_gb_per_s for each in pairs)
    return f"{len(pairs)} pairs, {rates[0]:.3g} to {rates[-1]:.3g} GB/s"

"""Every pair of hosts: did it add up rightly, and is it as fast as its link and as the other pairs? Pure; the job's verdict is not taken."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

from orchestrator.catalog.speeds import least_gb_per_s
from orchestrator.models import Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed, unknown

TABLE = "pairs"
FAR_SLOWER = 0.4
"""Of the median of the other pairs, as in `workloads.all_reduce.judge`; a test compares the two."""
OTHERS = 2
"""So many other pairs are needed to say what is usual."""
SUMS, ALIKE, SPEED = "sums_confirmed", "pairs_alike_confirmed", "pair_speed_confirmed"
_RIGHT = "no wrong number"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """What the result has of two hosts."""

    wrong: int | None
    """None: it does not say."""
    gb_per_s: float
    """NaN where it does not say."""
    kind: str
    transport: str
    gbit_s: float

    @property
    def way(self) -> str:
        """`nccl over infiniband of 400 Gbit/s`."""
        return f"{self.transport} over {self.kind}{f' of {self.gbit_s:g} Gbit/s' if self.gbit_s else ''}"

    @property
    def words(self) -> str:
        """With its speed."""
        return f"{self.gb_per_s:.3g} GB/s by {self.way}"


def names_of(one: str, other: str) -> str:
    """What a pair is called in the certificate."""
    return f"{one} and {other}"


def judge_pairs(run: WorkloadRun | None, hosts: Sequence[str]) -> Iterator[tuple[str, str, Finding]]:
    """Of every pair that these hosts make, its name, a check and what it came to.

    Args:
        run: of `all_reduce`; None where nothing came back.
        hosts: of the plan.
    """
    found, twice = _pairs(run)
    speeds = {key: pair.gb_per_s for key, pair in found.items() if math.isfinite(pair.gb_per_s)}
    for one, other in combinations(sorted(hosts), 2):
        key = frozenset((one, other))
        pair, name = found.get(key), names_of(one, other)
        if run is None or pair is None or key in twice:
            reason = (
                "the pair is in the result twice" if key in twice else "nothing was measured of this pair"
            )
            yield name, SUMS, unknown(reason, _RIGHT)
            yield name, ALIKE, unknown(reason, "a speed")
            continue
        others = [speed for each, speed in speeds.items() if each != key]
        yield name, SUMS, _sums(pair)
        yield name, ALIKE, _alike(pair, others)
        # On the CPU a speed says more of the processors than of the link: it is told, and nothing passes for it.
        if run.device_used == "GPU":
            yield name, SPEED, _speed(pair)


def _sums(pair: _Pair) -> Finding:
    if pair.wrong is None:
        return unknown("the result does not say whether its sums are right", _RIGHT)
    if pair.wrong:
        return Finding(
            Outcome.FAILED, f"{pair.wrong} wrong", _RIGHT, f"{pair.wrong} numbers of its sums are wrong"
        )
    return passed("all right", _RIGHT)


def _alike(pair: _Pair, others: Sequence[float]) -> Finding:
    """It is not far slower than the others."""
    usual = median(others) if len(others) >= OTHERS else 0.0
    expected = (
        f"at least {FAR_SLOWER * usual:.3g} GB/s, by the other pairs" if usual else "told: too few others"
    )
    if not 0 < pair.gb_per_s < math.inf:
        return unknown("the result has no usable speed of this pair", expected)
    if pair.gb_per_s < FAR_SLOWER * usual:
        reason = f"it reaches {pair.gb_per_s:.3g} GB/s, and the median of the other pairs is {usual:.3g}"
        return Finding(Outcome.FAILED, pair.words, expected, reason)
    return passed(pair.words, expected)


def _speed(pair: _Pair) -> Finding:
    """It reaches the floor of its link; of a link that is not known nothing passes."""
    least = least_gb_per_s(pair.kind, pair.transport, pair.gbit_s)
    if least is None:
        return Finding(
            Outcome.ERROR,
            pair.words,
            "a link of which is known what it carries",
            f"no expectation is known of {pair.way}",
        )
    expected = f"at least {least:.3g} GB/s, by its link"
    if not 0 < pair.gb_per_s < math.inf:
        return unknown("the result has no usable speed of this pair", expected)
    if pair.gb_per_s < least:
        reason = f"it reaches {pair.gb_per_s:.3g} GB/s, and its link carries at least {least:.3g}"
        return Finding(Outcome.FAILED, pair.words, expected, reason)
    return passed(pair.words, expected)


def _pairs(run: WorkloadRun | None) -> tuple[dict[frozenset[str], _Pair], set[frozenset[str]]]:
    """By their hosts, and those that are there more than once."""
    found: dict[frozenset[str], _Pair] = {}
    twice: set[frozenset[str]] = set()
    for row in run.tables.get(TABLE, ()) if run else ():
        key = frozenset((str(row.get("host")), str(row.get("other_host"))))
        if key in found:
            twice.add(key)
        found[key] = _pair(row)
    return found, twice


def _pair(row: Mapping[str, object]) -> _Pair:
    wrong, rate, speed = row.get("wrong"), row.get("link_gbit_s"), row.get("bus_gb_per_s")
    return _Pair(
        wrong=wrong if isinstance(wrong, int) and wrong >= 0 else None,
        gb_per_s=float(speed) if isinstance(speed, int | float) else math.nan,
        kind=str(row.get("link") or "unknown"),
        transport=str(row.get("transport") or "unknown"),
        gbit_s=float(rate) if isinstance(rate, int | float) and rate > 0 else 0.0,
    )

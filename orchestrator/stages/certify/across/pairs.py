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
SUMS, SPEED = "sums_confirmed", "pair_speed_confirmed"
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
            yield name, SPEED, unknown(reason, "a speed")
            continue
        others = [speed for each, speed in speeds.items() if each != key]
        yield name, SUMS, _sums(pair)
        yield name, SPEED, _speed(pair, others, is_gpu=run.device_used == "GPU")


def _sums(pair: _Pair) -> Finding:
    if pair.wrong is None:
        return unknown("the result does not say whether its sums are right", _RIGHT)
    if pair.wrong:
        return Finding(
            Outcome.FAILED, f"{pair.wrong} wrong", _RIGHT, f"{pair.wrong} numbers of its sums are wrong"
        )
    return passed("all right", _RIGHT)


def _speed(pair: _Pair, others: Sequence[float], *, is_gpu: bool) -> Finding:
    """Cards' links are held to their floor. On the CPU the speed is told, and only compared with the other pairs."""
    usual = median(others) if len(others) >= OTHERS else 0.0
    least = least_gb_per_s(pair.kind, pair.transport, pair.gbit_s) if is_gpu else None
    rate = f" of {pair.gbit_s:g} Gbit/s" if pair.gbit_s else ""
    seen = f"{pair.gb_per_s:.3g} GB/s by {pair.transport} over {pair.kind}{rate}"
    wanted = [f"{FAR_SLOWER * usual:.3g} GB/s by the other pairs"] if usual else []
    wanted += [f"{least:.3g} GB/s by its link"] if least is not None else []
    expected = f"at least {' and '.join(wanted)}" if wanted else "told, not judged"
    if not 0 < pair.gb_per_s < math.inf:
        return unknown("the result has no usable speed of this pair", expected)
    if pair.gb_per_s < FAR_SLOWER * usual:
        reason = f"it reaches {pair.gb_per_s:.3g} GB/s, and the median of the other pairs is {usual:.3g}"
        return Finding(Outcome.FAILED, seen, expected, reason)
    if least is not None and pair.gb_per_s < least:
        reason = f"it reaches {pair.gb_per_s:.3g} GB/s, and its link carries at least {least:.3g}"
        return Finding(Outcome.FAILED, seen, expected, reason)
    if is_gpu and least is None:
        reason = f"no expectation is known of a link of the kind {pair.kind}{rate} by {pair.transport}"
        return Finding(Outcome.ERROR, seen, expected, reason)
    return passed(seen if is_gpu else f"{seen}, not judged by its link", expected)


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

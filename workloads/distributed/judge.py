"""What the figures of a training on several hosts have to be. Pure."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from workloads.distributed.state.network import Array
from workloads.result import Check, check


def digest(weights: Array) -> str:
    """SHA-256 over all weights, bit by bit."""
    return hashlib.sha256(weights.tobytes()).hexdigest()


def check_identical(told: Sequence[Mapping[str, Any]], replicas: int) -> Check:
    """Every replica of every task ended with the same weights, to the last bit.

    Args:
        told: by each task, `host` and the `digests` of its replicas.
        replicas: how many there have to be.
    """
    by_digest: dict[str, list[str]] = {}
    count = 0
    for rank, facts in enumerate(told):
        for each in facts.get("digests", ()):
            by_digest.setdefault(str(each), []).append(f"task {rank} on {facts.get('host')}")
            count += 1
    seen = "; ".join(f"{each[:12]} on {len(who)}" for each, who in by_digest.items()) or "nothing"
    reason = ""
    if len(by_digest) > 1:
        (most, _), *others = sorted(by_digest.items(), key=lambda item: -len(item[1]))
        who = ", ".join(name for _, names in others for name in names)
        reason = f"the weights of {who} are not those of the others ({most[:12]})"
    elif count != replicas:
        reason = f"{count} replicas told their weights, and there are {replicas}"
    return check("weights_identical", reason, seen=seen, expected=f"one SHA-256 on all {replicas} replicas")


def efficiency(together: float, alone: Sequence[float]) -> float:
    """Images/s of all hosts together as a share of what they do each by itself, in batches as large; NaN where one is unknown."""
    total = sum(alone)
    good = alone and all(0 < each < math.inf for each in alone) and 0 < together < math.inf
    return together / total if good else math.nan


def check_efficiency(together: float, alone: Sequence[float], least: float) -> Check:
    """It was measured, and is no less than was asked for."""
    share = efficiency(together, alone)
    slowest, fastest = (min(alone), max(alone)) if alone else (math.nan, math.nan)
    seen = (
        f"{share:.2f}: {together:,.0f} images/s together, {sum(alone):,.0f} of {len(alone)} tasks each by itself "
        f"({slowest:,.0f} to {fastest:,.0f})"
    )
    expected = f"at least {least:g}" if least else "measured"
    if not math.isfinite(share):
        return check("scaling_efficiency", "a speed was not measured", seen=seen, expected=expected)
    reason = (
        ""
        if share >= least
        else f"{share:.2f} is below {least:g}: the network, or the slowest host, holds all back"
    )
    return check("scaling_efficiency", reason, seen=seen, expected=expected)

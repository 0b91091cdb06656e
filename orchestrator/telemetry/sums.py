"""Who used how much: sums by user, job, month, card or host. Pure."""

from collections.abc import Callable, Iterable

from orchestrator.telemetry.values import Use, UseSum

KEYS: dict[str, Callable[[Use], str]] = {
    "user": lambda use: use.user or "(nobody)",
    "job": lambda use: (
        f"{use.host}: {use.job}" if use.job else f"{use.host}: no job ({use.user or 'nobody'})"
    ),
    "month": lambda use: use.month,
    "card": lambda use: f"{use.host}: {use.name or 'GPU'} {use.card}",
    "host": lambda use: use.host,
}
"""What can be summed by."""

_JOULES_PER_KWH = 3.6e6


def summed(uses: Iterable[Use], by: str) -> tuple[UseSum, ...]:
    """By that key, who took most GPU-hours first; months in their order. Raises KeyError for an unknown key."""
    of = KEYS[by]
    groups: dict[str, list[Use]] = {}
    for use in uses:
        groups.setdefault(of(use), []).append(use)
    sums = [_sum(key, each) for key, each in groups.items()]
    if by == "month":
        return tuple(sorted(sums, key=lambda each: each.key))
    return tuple(sorted(sums, key=lambda each: (-each.gpu_hours, each.key)))


def _sum(key: str, uses: list[Use]) -> UseSum:
    priced = [use.usd for use in uses if use.usd is not None]
    return UseSum(
        key=key,
        gpu_hours=sum(use.held_s for use in uses) / 3600,
        busy_hours=sum(use.busy_s for use in uses) / 3600,
        kwh=sum(use.joules for use in uses) / _JOULES_PER_KWH,
        usd=sum(priced) if priced else None,
    )

"""What users have used of late, and who is next by that. What was used long ago counts less: half after each half-life."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gpuhost.leases.policy.values import Lease, Request

GRAIN_S = 600.0
"""GPU-seconds that make no difference: who has used about as much as another is served in the order of arrival."""


@dataclass(frozen=True)
class Usage:
    """What a user has used, as it counted at a time."""

    gpu_seconds: float
    at: float


def charged(usage: Usage | None, lease: Lease, now: float, half_life_s: float) -> Usage:
    """With a lease that ends now."""
    spent = max(now - lease.starts_at, 0.0) * lease.weight
    return Usage(gpu_seconds=_faded(usage, now, half_life_s) + spent, at=now)


def used(
    usages: Mapping[int, Usage], leases: Iterable[Lease], now: float, half_life_s: float
) -> dict[int, float]:
    """Uid -> GPU-seconds as they count now, those of the leases under way included."""
    total = {uid: _faded(usage, now, half_life_s) for uid, usage in usages.items()}
    for lease in leases:
        spent = max(now - lease.starts_at, 0.0) * lease.weight
        total[lease.uid] = total.get(lease.uid, 0.0) + spent
    return total


def in_order(requests: Iterable[Request], used: Mapping[int, float]) -> list[Request]:
    """Who has used least comes first; among those that used about as much, who came first."""
    return sorted(requests, key=lambda one: (int(used.get(one.uid, 0.0) // GRAIN_S), one.id))


def _faded(usage: Usage | None, now: float, half_life_s: float) -> float:
    if usage is None:
        return 0.0
    age = max(now - usage.at, 0.0)
    return usage.gpu_seconds * 0.5 ** (age / half_life_s) if half_life_s > 0 else 0.0

"""Who has what, in words: what a request waits for, and why one is refused."""

from __future__ import annotations

from gpuhost.leases.policy.values import CARD, MPS, Device, Lease, State
from gpuhost.leases.policy.words import clock


def counted(number: int, kind: str) -> str:
    """`2 GPUs`, `no slice 1g.10gb`."""
    name = "GPU" if kind == CARD else "share of a GPU (mps)" if kind == MPS else f"slice {kind}"
    if number == 1:
        return f"1 {name}"
    plural = "shares of GPUs (mps)" if kind == MPS else "GPUs" if kind == CARD else f"slices {kind}"
    return f"{number or 'no'} {plural}"


def of_kind(state: State, kind: str, now: float) -> str:
    """What each device of a kind is in use by, and what is reserved; empty where all are free."""
    devices = [device for device in state.devices if device.kind == kind]
    said = [one for device in devices if (one := _of_device(device, state.leases, now))]
    said += [
        f"{one.user} has reserved {counted(one.gpus, kind)} from {clock(one.starts_at, now)} to {clock(one.ends_at, now)}"
        for one in state.reservations
        if one.kind == kind and one.ends_at > now
    ]
    return "; ".join(said)


def _of_device(device: Device, leases: tuple[Lease, ...], now: float) -> str:
    has = [
        f"{lease.user} (job {lease.id}{f', {lease.fraction:.0%}' if lease.fraction else ''}, until {clock(lease.ends_at, now)})"
        for lease in leases
        if device.id in lease.devices
    ]
    words = [", ".join(has)] if has else []
    return (
        f"{device.label}: {' and '.join([*words, device.blocked][:2])}".rstrip()
        if has or device.blocked
        else ""
    )

"""The devices of a host that can be leased, as a snapshot of its cards tells them. Changes nothing.

A card on which a process computes that has no lease there is not given out: whoever started it did not have to ask.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gpuhost.leases.devices import nodes
from gpuhost.leases.policy.values import MPS, Device
from gpuhost.telemetry.snapshot import COMPUTE, NO_CARD, OK, Card, Process, Snapshot


@dataclass(frozen=True)
class Found:
    """A device, and what a job that has it may open and is told."""

    device: Device
    nodes: tuple[str, ...]
    utilization_percent: int | None
    visible: str
    """What CUDA calls it."""


def found(
    snapshot: Snapshot, shares: Mapping[str, int], units: Mapping[str, frozenset[str]]
) -> tuple[Found, ...]:
    """The devices.

    Args:
        snapshot: of the host.
        shares: the shares of cards that are declared to be shared by MPS, by UUID.
        units: the units that have a lease of a device, by its id.
    """
    return tuple(each for card in snapshot.cards for each in _of_card(card, shares, units))


def held_back(found: tuple[Found, ...], whys: Mapping[str, str]) -> tuple[Found, ...]:
    """The devices, of which those of the cards in `whys` are not given out, and why."""
    return tuple(
        replace(
            each, device=replace(each.device, blocked=each.device.blocked or whys.get(each.device.card, ""))
        )
        for each in found
    )


def known_before(snapshot: Snapshot, earlier: tuple[Found, ...]) -> tuple[Found, ...] | None:
    """The devices of before, none of which can be used, where the driver does not answer now; None where it does."""
    if snapshot.state in (OK, NO_CARD) or snapshot.cards:
        return None
    why = snapshot.why or snapshot.state
    return tuple(replace(each, device=replace(each.device, blocked=why)) for each in earlier)


def unasked(
    processes: tuple[Process, ...],
    units: frozenset[str],
    there: Callable[[int], bool] = lambda pid: Path(f"/proc/{pid}").exists(),
) -> str:
    """The processes that compute without a lease, in words; empty where there are none."""
    for process in processes:
        if process.kind != COMPUTE or process.unit in units:
            continue
        if not process.user:
            return f"process {process.pid}, which is not to be seen from here, computes there"
        # It may have ended since the snapshot was taken.
        if there(process.pid):
            name = process.command.split()[0].rpartition("/")[2] if process.command else "a program"
            return f"{name} of {process.user} (process {process.pid}) computes there without a lease"
    return ""


def _of_card(card: Card, shares: Mapping[str, int], units: Mapping[str, frozenset[str]]) -> tuple[Found, ...]:
    label = f"GPU {card.index}"
    broken = "" if card.state == OK else f"it is {card.state}{f': {card.error}' if card.error else ''}"
    if card.mig_enabled:
        return tuple(
            Found(
                device=Device(
                    id=each.uuid,
                    card=card.uuid,
                    label=f"{label} slice {number} ({each.profile})",
                    kind=each.profile,
                    memory_bytes=each.memory_total_bytes,
                    weight=_part(each.memory_total_bytes, card.memory_total_bytes),
                    blocked=broken or unasked(_in_slice(card, each.uuid), units.get(each.uuid, frozenset())),
                ),
                nodes=nodes.of_slice(card, each),
                utilization_percent=None,
                visible=each.uuid,
            )
            for number, each in enumerate(card.mig_instances)
        )
    count = shares.get(card.uuid, 0)
    ids = [f"{card.uuid}#{number}" for number in range(count)] or [card.uuid]
    has_lease = frozenset().union(*(units.get(each, frozenset()) for each in ids))
    whole = Device(
        id=card.uuid,
        card=card.uuid,
        label=label,
        memory_bytes=card.memory_total_bytes,
        blocked=broken or unasked(card.processes, has_lease),
    )
    devices = [
        replace(whole, id=each, kind=MPS, label=f"{label} share {number + 1} of {count}", weight=1 / count)
        if count
        else whole
        for number, each in enumerate(ids)
    ]
    own, use = nodes.of_card(card), card.utilization_percent
    return tuple(
        Found(device=each, nodes=own, utilization_percent=use, visible=card.uuid) for each in devices
    )


def _in_slice(card: Card, uuid: str) -> tuple[Process, ...]:
    return tuple(process for process in card.processes if process.mig_uuid in ("", uuid))


def _part(some: int | None, of: int | None) -> float:
    return some / of if some and of else 1.0

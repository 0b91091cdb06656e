"""Take free cards for a job, or say who is on them. Sets CUDA_VISIBLE_DEVICES, so before any framework is loaded."""

import socket
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass

from workloads.allocation import occupancy
from workloads.allocation.holding import hold
from workloads.allocation.occupancy import Occupancy, taken_by
from workloads.allocation.request import Request, parsed
from workloads.allocation.visibility import VARIABLE, visible
from workloads.host.nvml import UnreadableError, opened
from workloads.result import CannotRunError


class GpusTakenError(CannotRunError):
    """Too few of the cards that were asked for are free."""


class NoSuchGpuError(CannotRunError):
    """A card that was asked for is not there, or not left to this job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Cards that this process has, until it ends."""

    uuids: tuple[str, ...]
    holds: tuple[socket.socket, ...]


NOTHING = Allocation(uuids=(), holds=())
"""Of a job that asks for none in particular."""


def take(asked: str, environ: MutableMapping[str, str]) -> Allocation:
    """Take what `--gpus` asks for, from what the environment leaves to this process.

    Raises:
        GpusTakenError: too few are free.
        NoSuchGpuError: one that is named is not there, or nothing is known of any.
    """
    try:
        nvml = opened()
    except UnreadableError as cause:
        raise NoSuchGpuError(f"--gpus {asked}: {cause}") from cause
    if nvml is None:
        raise NoSuchGpuError(
            f"--gpus {asked}: NVIDIA's management library (libnvidia-ml.so.1) is not there, so no card can be chosen; "
            "run it without --gpus, or with --device cpu"
        )
    try:
        cards = occupancy.read(nvml)
    except nvml.NVMLError as cause:
        raise NoSuchGpuError(f"--gpus {asked}: NVML: {cause}") from cause
    left = visible(environ, [card.uuid for card in cards])
    allocation = allocated(parsed(asked), candidates(parsed(asked), cards, left, environ.get(VARIABLE)), hold)
    environ[VARIABLE] = ",".join(allocation.uuids)
    return allocation


def candidates(
    request: Request, cards: Sequence[Occupancy], left: Sequence[str], variable: str | None
) -> tuple[Occupancy, ...]:
    """The cards that may be meant, in the order in which they are tried. Pure.

    Args:
        request: what is asked.
        cards: all of them.
        left: UUIDs of those that this process may use.
        variable: what CUDA_VISIBLE_DEVICES says; None where it is not set.

    Raises:
        NoSuchGpuError: one that is named is not among them.
    """
    by_uuid = {card.uuid: card for card in cards}
    usable = tuple(by_uuid[uuid] for uuid in left)
    if not request.uuids:
        return usable
    named = []
    for start in request.uuids:
        meant = [card for card in usable if card.uuid.startswith(start)]
        if len(meant) != 1:
            hidden = [uuid for uuid in by_uuid if uuid.startswith(start) and uuid not in left]
            why = (
                f"{VARIABLE}={variable} hides it"
                if hidden
                else "it is the beginning of several"
                if meant
                else "there is no such card"
            )
            there = ", ".join(card.label for card in usable) or "none"
            raise NoSuchGpuError(f"{start} was asked for: {why}. This job may use: {there}")
        named.append(meant[0])
    return tuple(named)


def allocated(
    request: Request, cards: Sequence[Occupancy], hold: "Callable[[str], socket.socket | str]"
) -> Allocation:
    """The first free cards, held; all or none. Raises GpusTakenError."""
    wanted = len(cards) if request.count is None else request.count
    uuids: list[str] = []
    holds: list[socket.socket] = []
    refused: list[str] = []
    for card in cards:
        if len(uuids) == wanted:
            break
        reason = taken_by(card)
        held = None if reason else hold(card.uuid)
        if isinstance(held, socket.socket):
            uuids.append(card.uuid)
            holds.append(held)
        else:
            refused.append(f"{card.label} {reason or f'is used by {held}'}")
    if len(uuids) < max(wanted, 1):
        for held in holds:
            held.close()
        raise GpusTakenError(_refusal(wanted, uuids, refused))
    return Allocation(uuids=tuple(uuids), holds=tuple(holds))


def _refusal(wanted: int, free: Sequence[str], refused: Sequence[str]) -> str:
    said = "; ".join(refused) or f"this job is shown no {'other ' if free else ''}card"
    advice = f"; try --gpus {len(free)}" if free else ""
    return f"{max(wanted, 1)} free GPUs were asked for, and {len(free)} are free: {said}{advice}"

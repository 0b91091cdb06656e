"""All that one collection says of a host's cards, with units. Pure values; absent figures are None, never zero.

The JSON of it (`Snapshot.as_dict`) is what `gpuhost gpus --json` prints and the daemon writes; fields are only added to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, TypeVar

SCHEMA = 1

OK = "ok"
LOST = "lost"
UNREADABLE = "unreadable"
"""States of a card: it answers; it fell off its bus; the driver refuses to say."""

NO_CARD = "no card"
NO_DRIVER = "no driver"
MISMATCH = "driver mismatch"
HUNG = "driver hangs"
"""States of a host beside OK and UNREADABLE: no NVIDIA device; devices without a loaded driver; library and loaded driver are of two
versions; the driver has not answered within its time."""

COMPUTE, GRAPHICS = "compute", "graphics"
"""Kinds of a process' context."""


@dataclass(frozen=True)
class Process:
    """One process that has a context on a card."""

    pid: int
    kind: str
    """COMPUTE or GRAPHICS."""
    memory_bytes: int | None
    """Of the card."""
    user: str
    """Empty where the process is not to be seen from here, as in a container that is told its computer's process ids."""
    uid: int | None
    command: str
    started_at: float | None
    """Seconds since 1970."""
    state: str
    """The kernel's letter: R, S, D, Z, T …; empty where it is not to be seen."""
    unit: str = ""
    """The systemd unit or scope that it belongs to."""
    mig_uuid: str = ""


@dataclass(frozen=True)
class MigInstance:
    """A part of a card that is cut up."""

    uuid: str
    gpu_instance: int | None
    compute_instance: int | None
    profile: str
    memory_total_bytes: int | None
    memory_used_bytes: int | None


@dataclass(frozen=True)
class Card:
    """One card."""

    index: int
    """NVML's, which counts by address on the bus."""
    uuid: str
    name: str
    address: str
    """On the PCI bus, as the kernel writes it: 0000:01:00.0."""
    state: str = OK
    error: str = ""
    """What NVML said where `state` is not OK."""
    minor: int | None = None
    """Of its device node, /dev/nvidia<minor>."""
    serial: str = ""
    utilization_percent: int | None = None
    memory_utilization_percent: int | None = None
    """Part of the time in which its memory was read or written."""
    memory_total_bytes: int | None = None
    memory_used_bytes: int | None = None
    memory_free_bytes: int | None = None
    memory_reserved_bytes: int | None = None
    bar1_total_bytes: int | None = None
    bar1_used_bytes: int | None = None
    temperature_c: int | None = None
    memory_temperature_c: int | None = None
    temperature_slowdown_c: int | None = None
    temperature_shutdown_c: int | None = None
    fan_percent: int | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    power_default_w: float | None = None
    energy_j: float | None = None
    """Since the driver was loaded."""
    clock_sm_mhz: int | None = None
    clock_memory_mhz: int | None = None
    clock_graphics_mhz: int | None = None
    clock_video_mhz: int | None = None
    clock_sm_max_mhz: int | None = None
    clock_memory_max_mhz: int | None = None
    performance_state: int | None = None
    """0 is the fastest, 15 the slowest."""
    throttle_reasons: tuple[str, ...] | None = None
    """Names, such as `power limit`; empty when nothing holds it back."""
    ecc_enabled: bool | None = None
    ecc_corrected_volatile: int | None = None
    """Volatile: since the driver was loaded. Aggregate: of the card's life."""
    ecc_uncorrected_volatile: int | None = None
    ecc_corrected_aggregate: int | None = None
    ecc_uncorrected_aggregate: int | None = None
    rows_remapped_corrected: int | None = None
    rows_remapped_uncorrected: int | None = None
    row_remap_pending: bool | None = None
    row_remap_failed: bool | None = None
    pages_retired: int | None = None
    page_retirement_pending: bool | None = None
    recovery_action: str | None = None
    """`none`, `reset the card`, `restart the host`, `drain peer-to-peer`, `drain and reset`, `recover the IMEX domain`, `reset the bus`."""
    nvlinks: int | None = None
    nvlinks_active: int | None = None
    nvlink_errors: int | None = None
    pcie_generation: int | None = None
    pcie_generation_max: int | None = None
    pcie_width: int | None = None
    pcie_width_max: int | None = None
    pcie_replays: int | None = None
    pcie_sent_bytes_per_s: int | None = None
    pcie_received_bytes_per_s: int | None = None
    persistence_mode: bool | None = None
    mig_enabled: bool | None = None
    mig_instances: tuple[MigInstance, ...] = ()
    processes: tuple[Process, ...] = ()


@dataclass(frozen=True)
class Xid:
    """A fault of a card (Xid) or of an NVSwitch (SXid) in the kernel's log."""

    number: int
    address: str
    at: float | None
    """Seconds since 1970."""
    text: str
    switch: bool = False


@dataclass(frozen=True)
class Advice:
    """One thing that is wrong, and what to do."""

    about: str
    """A card's UUID, or empty for the host."""
    fault: str
    """A stable key, such as `xid-79`, `lost`, `row-remap-pending`."""
    severity: str
    """`problem` or `warning`."""
    seen: str
    """A plain sentence."""
    action: str
    """What to do."""
    since: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Snapshot:
    """One collection."""

    taken_at: float
    """Seconds since 1970."""
    host: str
    state: str
    why: str = ""
    """A plain sentence where `state` is not OK."""
    driver: str = ""
    """The version that is loaded."""
    library: str = ""
    """NVML's own version."""
    cuda: str = ""
    """The highest that the driver takes, such as `13.0`."""
    cards: tuple[Card, ...] = ()
    xids: tuple[Xid, ...] | None = None
    """Oldest first; None where the kernel's log cannot be read."""
    advice: tuple[Advice, ...] = ()
    schema: int = SCHEMA

    def as_dict(self) -> dict[str, Any]:
        """What JSON takes."""
        return {
            **vars(self),
            "cards": [_card_as_dict(card) for card in self.cards],
            "xids": None if self.xids is None else [dict(vars(xid)) for xid in self.xids],
            "advice": [dict(vars(advice)) for advice in self.advice],
        }


def from_dict(told: Mapping[str, Any]) -> Snapshot:
    """The snapshot of its JSON; fields that are not known here, of a newer program, are passed over. Raises KeyError, TypeError or ValueError."""
    if not isinstance(told, Mapping) or int(told["schema"]) < SCHEMA:
        raise ValueError("no snapshot that this program knows")
    cards = (
        _of(
            Card,
            card,
            {
                "throttle_reasons": _tuple(card["throttle_reasons"]),
                "mig_instances": tuple(_of(MigInstance, each) for each in card["mig_instances"]),
                "processes": tuple(_of(Process, each) for each in card["processes"]),
            },
        )
        for card in told["cards"]
    )
    return _of(
        Snapshot,
        told,
        {
            "taken_at": float(told["taken_at"]),
            "cards": tuple(cards),
            "xids": None if told["xids"] is None else tuple(_of(Xid, each) for each in told["xids"]),
            "advice": tuple(_of(Advice, each) for each in told["advice"]),
        },
    )


def _tuple(told: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if told is None else tuple(told)


def _card_as_dict(card: Card) -> dict[str, Any]:
    # dataclasses.asdict copies each value of its own: thirty times the time, each second.
    return {
        **vars(card),
        "mig_instances": [dict(vars(each)) for each in card.mig_instances],
        "processes": [dict(vars(each)) for each in card.processes],
    }


Value = TypeVar("Value")


def _of(kind: type[Value], told: Mapping[str, Any], typed: Mapping[str, Any] = MappingProxyType({})) -> Value:
    known = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**{**{name: value for name, value in told.items() if name in known}, **typed})

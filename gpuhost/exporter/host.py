"""What is said of the host, its driver, faults and advice, and of the queue for its cards, as metrics. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from gpuhost.exporter.cards import bus_id, labels_of
from gpuhost.exporter.text_format import GAUGE, Family, Labels, Sample
from gpuhost.telemetry.snapshot import (
    HUNG,
    MISMATCH,
    NO_CARD,
    NO_DRIVER,
    OK,
    UNREADABLE,
    Snapshot,
    Xid,
)

STATES = (OK, NO_CARD, NO_DRIVER, MISMATCH, HUNG, UNREADABLE)
OF_NO_CARD: Labels = dict.fromkeys(("gpu", "UUID", "pci_bus_id", "device", "modelName"), "")


def families(snapshot: Snapshot) -> Iterator[Family]:
    """All that is said beside the cards' own figures."""
    host = {"Hostname": snapshot.host}
    states = tuple(Sample(snapshot.state == state, {**host, "state": state}) for state in STATES)
    yield Family("orchestrate_driver_state", GAUGE, "1 for the state that the driver is in.", states)
    versions = {"driver": snapshot.driver, "nvml": snapshot.library, "cuda": snapshot.cuda}
    yield _one("orchestrate_driver_info", "Versions: 1.", 1, {**host, **versions})
    yield _one("orchestrate_gpus", "Cards that the driver lists.", len(snapshot.cards), host)
    readable = snapshot.xids is not None
    yield _one("orchestrate_kernel_log_readable", "Whether faults can be read in it.", readable, host)
    yield from _xids(snapshot)
    yield _advice(snapshot)


def age(seconds: float, host: str) -> Family:
    """How old the collection is that all else was read from."""
    told = "Seconds since the figures were collected."
    return _one("orchestrate_snapshot_age_seconds", told, round(seconds, 3), {"Hostname": host})


def leases(told: Mapping[str, Any], host: str) -> Iterator[Family]:
    """The queue for cards, of what role `gpu_leases` writes down. Raises KeyError, TypeError or AttributeError where that is another file."""
    jobs = told["jobs"]
    held = Counter(job["user"] for job in jobs if job["state"] in ("starting", "running"))
    queued = Counter(job["user"] for job in jobs if job["state"] == "waiting")
    for name, text, counted in (
        ("orchestrate_leases_held", "Jobs that have their cards.", held),
        ("orchestrate_leases_queued", "Jobs that wait for cards.", queued),
    ):
        yield _one(name, text, sum(counted.values()), {"Hostname": host})
        samples = (Sample(count, {"Hostname": host, "user": user}) for user, count in sorted(counted.items()))
        yield Family(f"{name}_by_user", GAUGE, f"{text[:-1]}, by user.", tuple(samples))
    card_of = {device["id"]: device["card"] for device in told["devices"]}
    leased = (
        Sample(
            1,
            {
                "Hostname": host,
                "UUID": card_of.get(device, ""),
                "lease": device,
                "user": job["user"],
                "job": str(job["id"]),
            },
        )
        for job in jobs
        if job["state"] in ("starting", "running")
        for device in job["devices"]
    )
    yield Family(
        "orchestrate_gpu_leased", GAUGE, "1 for a card, or a part of one, that a job has.", tuple(leased)
    )


def _xids(snapshot: Snapshot) -> Iterator[Family]:
    """dcgm-exporter's is the last one of a card, 0 where there was none."""
    if snapshot.xids is None:
        return
    last = {_slot(xid.address): xid.number for xid in snapshot.xids if not xid.switch}
    yield Family(
        "DCGM_FI_DEV_XID_ERRORS",
        GAUGE,
        "Value of the last XID error encountered.",
        tuple(
            Sample(last.get(_slot(card.address), 0), labels_of(card, snapshot.host))
            for card in snapshot.cards
        ),
    )
    newest: dict[tuple[str, int, bool], Xid] = {
        (xid.address, xid.number, xid.switch): xid for xid in snapshot.xids if xid.at is not None
    }
    samples = (
        Sample(
            xid.at or 0,
            {**_at(snapshot, xid.address), "kind": "SXid" if xid.switch else "Xid", "xid": str(xid.number)},
        )
        for xid in newest.values()
    )
    told = "When a fault was last in the kernel's log (seconds since 1970)."
    yield Family("orchestrate_xid_timestamp_seconds", GAUGE, told, tuple(samples))


def _at(snapshot: Snapshot, address: str) -> Labels:
    card = next((card for card in snapshot.cards if _slot(card.address) == _slot(address)), None)
    if card:
        return labels_of(card, snapshot.host)
    return {**OF_NO_CARD, "pci_bus_id": bus_id(address), "Hostname": snapshot.host}


def _slot(address: str) -> str:
    """Without the function, which the kernel's log does not have."""
    return address.partition(".")[0]


def _advice(snapshot: Snapshot) -> Family:
    """What was seen is not a label: its figures change, and each text would be a series of its own."""
    cards = {card.uuid: labels_of(card, snapshot.host) for card in snapshot.cards}
    rest = {**OF_NO_CARD, "Hostname": snapshot.host}
    samples = {
        (one.about, one.fault): Sample(
            1,
            {
                **(cards.get(one.about) or {**rest, "pci_bus_id": bus_id(one.about) if one.about else ""}),
                "fault": one.fault,
                "severity": one.severity,
                "action": one.action,
            },
        )
        for one in snapshot.advice
    }
    return Family("orchestrate_advice", GAUGE, "1 for each thing that is wrong.", tuple(samples.values()))


def _one(name: str, told: str, value: float, labels: Labels) -> Family:
    return Family(name, GAUGE, told, (Sample(value, labels),))

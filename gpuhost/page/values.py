"""What the host's page tells, as values. No input, no output, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from gpuhost.recheck.standing import Standing

Told = TypeVar("Told")


@dataclass(frozen=True)
class Missing:
    """A part that cannot be told."""

    reason: str
    """A sentence for whoever reads the page."""


@dataclass(frozen=True)
class Card:
    """One GPU; None: the driver does not say."""

    name: str
    memory_used: int | None
    """Bytes, as `memory_total`."""
    memory_total: int | None
    percent: int | None
    """Of the last moments that it computed."""
    celsius: int | None
    users: tuple[str, ...] = ()
    """Who has which program on it, `ada: python train.py`."""


@dataclass(frozen=True)
class Graphics:
    """The driver and its cards."""

    driver: str
    cards: tuple[Card, ...]
    wrong: tuple[tuple[str, str], ...] = ()
    """What is wrong, and what to do."""


@dataclass(frozen=True)
class Job:
    """One that has a lease of GPUs, or waits for one."""

    user: str
    command: str
    waits: bool
    gpus: str
    """Which ones, or how many."""
    why: str
    """What it waits for."""
    starts_at: float | None
    """Seconds since 1970, as `ends_at`: at the latest, while it waits."""
    ends_at: float | None


@dataclass(frozen=True)
class Disk:
    """One file system."""

    place: str
    free: int
    """Bytes that users may still write, as `total`."""
    total: int


@dataclass(frozen=True)
class Person:
    """Somebody who is logged in."""

    name: str
    since: datetime
    sessions: int


@dataclass(frozen=True)
class Machine:
    """The computer and its system."""

    system: str
    kernel: str
    architecture: str
    processor: str
    processors: int
    busy_percent: int | None
    """Of all processors since the page before; None on the first page."""
    load: float
    """Programs that ran or waited for a processor, average of the last minute."""
    memory_used: int
    """Bytes, as `memory_total`."""
    memory_total: int
    up_since: datetime


@dataclass(frozen=True)
class Environment:
    """One Python environment for training."""

    name: str
    python: str
    packages: tuple[tuple[str, str], ...]
    """What is worth telling, with versions: `("TensorFlow", "2.21.0")`."""


@dataclass(frozen=True)
class Lifetime:
    """How long this host may run."""

    spent_s: float
    cost_usd: float | None
    price_usd_per_hour: float
    ends_at: datetime | None
    """None: nothing ends it."""
    reason: str
    idle_s: float
    idle_limit_s: float | None


@dataclass(frozen=True)
class Tls:
    """The certificate of the web server."""

    names: tuple[str, ...]
    issuer: str
    self_signed: bool
    """By the server itself: browsers warn of it."""
    ends_at: datetime | None
    problem: str
    """How the last attempt to get one failed; empty when it did not."""


@dataclass(frozen=True)
class Training:
    """The certificate that this host trains."""

    verdict: str
    """`PASS`, `FAIL` or `UNSURE`."""
    headline: str
    accuracy: str
    """As measured; empty when it was not, as `images_per_s`."""
    images_per_s: str
    issued_at: datetime
    reasons: tuple[str, ...]
    report: bool
    """Whether the full report is beside it."""
    standing: Standing | None = None
    """What the host found of it since; None where it does not look (role `recheck`)."""


@dataclass(frozen=True)
class Tool:
    """Something that runs here and has a page of its own."""

    title: str
    path: str
    """On this web server."""
    description: str
    units: tuple[tuple[str, str], ...]
    """Name and state, as systemd says it: `active`, `failed`, `inactive` …"""


@dataclass(frozen=True)
class Snapshot:
    """All that the page tells, at one moment."""

    title: str
    at: datetime
    interval_s: int
    """Seconds until the next page is written."""
    machine: Machine | Missing
    graphics: Graphics | Missing
    leases: tuple[Job, ...] | Missing | None
    """None: this host gives no leases."""
    disks: tuple[Disk, ...] | Missing
    people: tuple[Person, ...] | Missing
    environments: tuple[Environment, ...] | Missing
    lifetime: Lifetime | Missing
    tls: Tls | Missing
    training: Training | Missing
    tools: tuple[Tool, ...] | Missing

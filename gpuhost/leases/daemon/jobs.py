"""A job and how it does, as it is kept on disk and told to whoever asks. Values only."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from gpuhost.leases.policy.fair_share import Usage
from gpuhost.leases.policy.idle import Idle
from gpuhost.leases.policy.values import CARD, Lease, Request, Reservation

WAITING, STARTING, RUNNING, ENDED = "waiting", "starting", "running", "ended"


@dataclass(frozen=True)
class Job:
    """One job."""

    id: int
    uid: int
    gid: int
    user: str
    command: str
    """As it was typed, for people."""
    folder: str
    """In which it runs."""
    gpus: int
    seconds: float
    submitted_at: float
    kind: str = CARD
    fraction: float = 0.0
    name: str = ""
    """That its user gave it; names need not differ."""
    image: str = ""
    """Of the container in which it runs; empty for none."""
    engine: str = ""
    """What runs that."""
    reservation: int | None = None
    """The one that was made for it, or whose devices it has."""
    state: str = WAITING
    why: str = ""
    """What it waits for."""
    starts_at: float | None = None
    """When it starts at the latest, while it waits, or has started."""
    ends_at: float | None = None
    """When its lease ends at the latest, or has ended."""
    devices: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    """Of its devices, for people."""
    weight: float = 0.0
    boot: str = ""
    """The run of the machine in which it started."""
    result: str = ""
    """Why it ended: `success`, `exit code 1`, `signal KILL`, `canceled by anna`, `time limit`, `idle`, `lost`."""
    exit_code: int | None = None
    stopping: str = ""
    """Why it is being ended."""
    stop_at: float | None = None
    """When what is left of it is killed."""
    idle: Idle | None = None
    warned: bool = False
    """Of its end."""

    @property
    def unit(self) -> str:
        """The systemd unit that it runs as."""
        return unit_of(self.id)

    @property
    def holds(self) -> bool:
        """Whether it has its devices."""
        return self.state in (STARTING, RUNNING)

    def request(self) -> Request:
        """What it waits for."""
        return Request(
            id=self.id,
            uid=self.uid,
            user=self.user,
            gpus=self.gpus,
            seconds=self.seconds,
            kind=self.kind,
            fraction=self.fraction,
            reservation=self.reservation,
        )

    def lease(self) -> Lease:
        """What it has."""
        return Lease(
            id=self.id,
            uid=self.uid,
            user=self.user,
            devices=self.devices,
            starts_at=self.starts_at or 0.0,
            ends_at=self.ends_at or 0.0,
            fraction=self.fraction,
            weight=self.weight,
            reservation=self.reservation,
        )

    def as_dict(self) -> dict[str, Any]:
        """What JSON takes."""
        return asdict(self)


@dataclass(frozen=True)
class Book:
    """All that the service remembers."""

    next_id: int = 1
    jobs: tuple[Job, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    usages: tuple[tuple[int, Usage], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """What JSON takes."""
        return asdict(self)


def unit_of(number: int) -> str:
    """The unit of a job."""
    return f"orchestrate-run-{number}.service"


def parse_job(given: dict[str, Any]) -> Job:
    """The job of `as_dict`; fields of another release are passed over. Raises KeyError, TypeError or ValueError."""
    told = {each.name: given[each.name] for each in fields(Job) if each.name in given}
    for name in ("devices", "labels"):
        told[name] = tuple(map(str, told.get(name, ())))
    told["idle"] = Idle(**told["idle"]) if told.get("idle") else None
    return Job(**told)


def parse_book(given: dict[str, Any]) -> Book:
    """The book of `as_dict`. Raises KeyError, TypeError or ValueError."""
    return Book(
        next_id=int(given["next_id"]),
        jobs=tuple(parse_job(each) for each in given["jobs"]),
        reservations=tuple(Reservation(**each) for each in given["reservations"]),
        usages=tuple((int(uid), Usage(**each)) for uid, each in given["usages"]),
    )

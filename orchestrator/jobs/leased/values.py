"""A person's job: what is asked for, how it does, and where its folder came from. Values and how they are read; no I/O."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from orchestrator.errors import UsageError
from orchestrator.sanitize import DocumentError, sanitized_json, sanitized_line

_REFERENCE = re.compile(r"(?:(?P<host>[A-Za-z0-9._-]+)/)?(?P<number>[0-9]{1,9})")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")
_NAME_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReference:
    """What people call a job: `sandbox-1/12`, or `12` where the fleet has one host."""

    host: str | None
    number: int

    @classmethod
    def parse(cls, text: str) -> "JobReference":
        """Raises UsageError for what is no such name."""
        said = _REFERENCE.fullmatch(text)
        if said is None:
            raise UsageError(
                f"{text!r} is no job: sandbox-1/12, or 12 where there is one host", "orchestrate jobs"
            )
        return cls(host=said["host"], number=int(said["number"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a job is to have."""

    gpus: int = 1
    memory_fraction: float | None = None
    time: str = ""
    """As it was typed: `4h`. The host reads it."""
    starts: str = ""
    """ISO 8601, with the zone of this computer."""
    lasts: str = ""
    kind: str = ""
    """A slice's profile, or `mps`."""
    name: str = ""
    image: str = ""
    """Of a container; empty for none."""
    engine: str = ""
    waits: bool = True

    def words(self) -> tuple[str, ...]:
        """Options of `gpuhost run`."""
        pairs = (
            ("--gpus", str(self.gpus)),
            ("--memory-fraction", f"{self.memory_fraction:g}" if self.memory_fraction else ""),
            ("--time", self.time),
            ("--from", self.starts),
            ("--for", self.lasts),
            ("--kind", self.kind),
            ("--name", self.name),
        )
        given = tuple(word for pair in pairs if pair[1] for word in pair)
        # In one word: what is no image is refused there, and is no option.
        given += tuple(
            f"--{name}={said}" for name, said in (("image", self.image), ("engine", self.engine)) if said
        )
        return given if self.waits else (*given, "--no-wait")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedJob:
    """A job as its host tells of it."""

    host: str
    number: int
    user: str
    state: str
    """waiting, starting, running or ended."""
    command: str
    name: str
    folder: str
    devices: tuple[str, ...]
    gpus: int
    fraction: float
    why: str
    """What it waits for."""
    starts_at: float | None
    """Seconds since 1970, on the host's clock, as `ends_at`."""
    ends_at: float | None
    result: str
    exit_code: int | None

    @property
    def reference(self) -> str:
        """What it is called."""
        return f"{self.host}/{self.number}"

    @property
    def has_ended(self) -> bool:
        """Nothing of it runs any more."""
        return self.state == "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncedFolder:
    """A folder of this computer that was copied for a job."""

    host: str
    number: int
    source: str
    folder: str
    """On the host."""
    at: datetime


def next_time(text: str, now: datetime) -> datetime:
    """The next `14:00`, or a date with a time, in the zone of `now`. Raises UsageError for what is none."""
    said = text.strip()
    if said == "now":
        return now
    try:
        if _CLOCK.fullmatch(said):
            clock = time.fromisoformat(said.zfill(len("14:00")))
            at = now.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
            return at if at > now else at + timedelta(days=1)
        at = datetime.fromisoformat(said)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time", "--from 14:00, or --from 2027-01-31T14:00") from error
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)


def parse_jobs(host: str, text: str) -> tuple[LeasedJob, ...]:
    """The answer of `gpuhost jobs --json`. Raises ValueError where it is none."""
    found = sanitized_json(text)
    if not isinstance(found, list):
        raise DocumentError("it is no list")
    try:
        return tuple(_job(host, each) for each in found)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise DocumentError(f"a job without {error}") from error


def parse_job(host: str, text: str) -> LeasedJob:
    """The answer of `gpuhost run --json`. Raises ValueError where it is none."""
    return parse_jobs(host, f"[{text}]")[0]


def folder_name(source: Path, stamp: str) -> str:
    """What a job's folder is called on the host: after its source, with letters that need no quoting."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", source.resolve().name).strip("-.") or "folder"
    return f"{plain[:_NAME_LENGTH]}-{stamp}"


def _job(host: str, told: dict[str, Any]) -> LeasedJob:
    return LeasedJob(
        host=host,
        number=int(told["id"]),
        user=_line(told["user"]),
        state=_line(told["state"]),
        command=_line(told["command"]),
        name=_line(told["name"]),
        folder=_line(told["folder"]),
        devices=tuple(_line(each) for each in told["labels"]),
        gpus=int(told["gpus"]),
        fraction=float(told["fraction"]),
        why=_line(told["why"]),
        starts_at=None if told["starts_at"] is None else float(told["starts_at"]),
        ends_at=None if told["ends_at"] is None else float(told["ends_at"]),
        result=_line(told["result"]),
        exit_code=None if told["exit_code"] is None else int(told["exit_code"]),
    )


def _line(said: object) -> str:
    return sanitized_line(str(said), limit=500)

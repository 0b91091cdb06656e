"""GPUs of hosts as they are shown here, and who used them. Values only."""

from dataclasses import dataclass
from enum import StrEnum


class Reach(StrEnum):
    """Whether a host could be asked."""

    ANSWERED = "answered"
    DOWN = "down"
    WITHOUT_PROGRAM = "without telemetry"
    """It answers, and the program that tells is not there, or is another one."""
    GONE = "gone"
    """It was taken away; what it said before is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProcess:
    """A process that has a context on a GPU."""

    pid: int
    user: str
    """Empty where it is not to be seen from the host's side, as in a container."""
    command: str
    memory_bytes: int | None
    unit: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One card; what it does not say is None."""

    index: int
    uuid: str
    name: str
    state: str
    error: str
    utilization_percent: int | None
    memory_used_bytes: int | None
    memory_total_bytes: int | None
    temperature_c: int | None
    power_w: float | None
    power_limit_w: float | None
    throttle_reasons: tuple[str, ...] | None
    processes: tuple[GpuProcess, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuAdvice:
    """What is wrong, and what to do on the host."""

    about: str
    """A card's UUID, or empty for the host."""
    severity: str
    seen: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostGpus:
    """One host."""

    host: str
    fleet: str
    reach: Reach
    state: str = ""
    """The host's own word: `ok`, `no card`, `no driver`, `driver mismatch`, `driver hangs`, `unreadable`."""
    why: str = ""
    """Where there is something to say: of the state, or why the host was not asked."""
    hint: str = ""
    """What to type where it was not."""
    driver: str = ""
    gpus: tuple[Gpu, ...] = ()
    advice: tuple[GpuAdvice, ...] = ()
    document: str = ""
    """All that it said, as JSON that was made harmless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Of one user, in one job, of one card of one host, in one month."""

    fleet: str
    host: str
    month: str
    """`2026-11`, UTC."""
    user: str
    """Empty for what nobody held."""
    job: str
    card: str
    name: str
    held_s: float
    busy_s: float
    joules: float
    usd: float | None
    """At the price of the host for the time that the card was held; None where the host has no price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostUse:
    """What one host has on record."""

    host: str
    fleet: str
    reach: Reach
    why: str = ""
    hint: str = ""
    uses: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UseSum:
    """Of everything with the same key."""

    key: str
    gpu_hours: float
    busy_hours: float
    kwh: float
    usd: float | None
    """None where no host that it was on has a price."""

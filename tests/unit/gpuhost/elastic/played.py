"""A cluster of four hosts for tests: EC2 and Slurm as far as power saving sees them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from gpuhost.elastic.decide import Seen
from gpuhost.elastic.instances import Instance, RefusedError
from gpuhost.elastic.runs import Run
from gpuhost.elastic.scontrol import OURS, SlurmHost
from gpuhost.elastic.settings import ElasticHost, Settings

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
HOSTS = tuple(ElasticHost(name=f"t-{n}", instance=f"i-{n}", usd_per_hour=0.5) for n in (2, 3, 4))
SETTINGS = Settings(
    region="us-east-1",
    endpoint_url="",
    hosts=HOSTS,
    always=1,
    max_hosts=0,
    idle_minutes=10,
    max_hours=0,
    max_cost_usd=0,
)
OFF = "IDLE+POWERED_DOWN"


def instance(number: int, state: str = "stopped", hours: float = 1.0) -> Instance:
    """What EC2 says of t-<number>, whose last run began so long ago."""
    return Instance(id=f"i-{number}", state=state, started_at=NOW - timedelta(hours=hours))


def slurm(number: int, state: str = OFF, reason: str = "") -> SlurmHost:
    """What Slurm says of t-<number>."""
    return SlurmHost(name=f"t-{number}", flags=frozenset(state.split("+")), reason=reason)


def run(number: int, hours: float) -> Run:
    """A receipt."""
    return Run(
        host=f"t-{number}",
        instance=f"i-{number}",
        began="a",
        ended="b",
        hours=hours,
        usd=hours / 2,
        why="idle",
    )


def seen(*instances: Instance, settings: Settings = SETTINGS, **more: object) -> Seen:
    """Everything at NOW; hosts that are not named are stopped."""
    there = {f"i-{n}": instance(n) for n in (2, 3, 4)} | {each.id: each for each in instances}
    usual = Seen(settings=settings, instances=there, runs=(), refused={}, now=NOW)
    return replace(usual, **more)  # type: ignore[arg-type]


@dataclass
class PlayedEc2:
    """EC2 that does at once what it is asked, unless it has no room."""

    states: dict[str, str] = field(default_factory=lambda: {f"i-{n}": "stopped" for n in (2, 3, 4)})
    without_room: set[str] = field(default_factory=set)
    began: dict[str, datetime] = field(default_factory=dict)
    calls: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def described(self, ids: Iterable[str]) -> dict[str, Instance]:
        found = {}
        for each in ids:
            began = self.began.get(each, datetime.now(UTC) - timedelta(hours=2))
            found[each] = Instance(id=each, state=self.states[each], started_at=began)
        return found

    def start(self, ids: Iterable[str]) -> None:
        wanted = tuple(ids)
        self.calls.append(("start", wanted))
        if self.without_room & set(wanted):
            raise RefusedError("InsufficientInstanceCapacity", "no room")
        self.states |= dict.fromkeys(wanted, "running")
        self.began |= dict.fromkeys(wanted, datetime.now(UTC))

    def stop(self, ids: Iterable[str]) -> None:
        wanted = tuple(ids)
        self.calls.append(("stop", wanted))
        self.states |= dict.fromkeys(wanted, "stopped")


@dataclass
class PlayedSlurm:
    """scontrol that remembers."""

    states: dict[str, str] = field(default_factory=lambda: {f"t-{n}": OFF for n in (1, 2, 3, 4)})
    reasons: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, ...]] = field(default_factory=list)
    rereads: int = 0

    def names(self, expression: str) -> tuple[str, ...]:
        return tuple(expression.split(","))

    def hosts(self) -> dict[str, SlurmHost]:
        return {
            name: SlurmHost(name=name, flags=frozenset(state.split("+")), reason=self.reasons.get(name, ""))
            for name, state in self.states.items()
        }

    def set_state(self, host: str, state: str, reason: str = "") -> None:
        self.told.append((host, state, *((reason,) if reason else ())))
        if reason:
            self.reasons[host] = f"{OURS}{reason}"
        self.states[host] = {
            "down": "DOWN",
            "drain": f"{OFF}+DRAIN",
            "resume": OFF,
            "power_down": "IDLE+POWERING_DOWN",
            "power_down_force": "IDLE+POWERING_DOWN",
        }[state]

    def reread(self) -> None:
        self.rereads += 1
        raise subprocess.TimeoutExpired("scontrol", 1)

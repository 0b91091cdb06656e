"""Which hosts are started, which wait and why. Pure: no clock, no file, no process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from gpuhost.elastic.instances import GONE, RUNS, Instance
from gpuhost.elastic.runs import Run, hours_run
from gpuhost.elastic.scontrol import OURS, SlurmHost
from gpuhost.elastic.settings import ElasticHost, Settings

LEAST_S = 600.0
"""A host with less left of its hours or dollars is not started: it would end before it has done anything."""
TOO_MANY = "more hosts run than cluster.max_hosts allows"


@dataclass(frozen=True)
class Seen:
    """All that is known at one moment."""

    settings: Settings
    instances: Mapping[str, Instance]
    """By EC2's id."""
    runs: tuple[Run, ...]
    refused: Mapping[str, str]
    """By host: why EC2 would not start it a short while ago."""
    now: datetime

    @property
    def running(self) -> int:
        """Hosts that compute or are about to, those that are never stopped included."""
        states = (
            self.instances[host.instance].state
            for host in self.settings.hosts
            if host.instance in self.instances
        )
        return self.settings.always + sum(state in RUNS for state in states)

    @property
    def room(self) -> int:
        """How many more may run; as many as there are where nothing says how many."""
        if not self.settings.max_hosts:
            return len(self.settings.hosts)
        return self.settings.max_hosts - self.running


@dataclass(frozen=True)
class Change:
    """What Slurm is to be told of a host."""

    host: str
    state: str
    reason: str = ""


def why_never(host: ElasticHost, seen: Seen) -> str:
    """Why a host is not started whatever else runs; empty where nothing is against it."""
    instance = seen.instances.get(host.instance)
    if instance is None or instance.state in GONE:
        return "EC2 has it no more: `orchestrate up` makes it anew"
    allowed, limit = seen.settings.hours_allowed(host)
    if allowed:
        spent = hours_run(host, seen.runs, instance, seen.now)
        if (allowed - spent) * 3600 < LEAST_S:
            return f"has run {spent:.2f} hours, and its limit is {limit}: `limits:` in the fleet file"
    return seen.refused.get(host.name, "")


def starts(wanted: Iterable[str], seen: Seen) -> tuple[tuple[ElasticHost, ...], dict[str, str]]:
    """Of hosts that Slurm asks for: those to be started, and why the others are not. What runs already is neither."""
    chosen: list[ElasticHost] = []
    refused: dict[str, str] = {}
    for name in wanted:
        host = seen.settings.by_name.get(name)
        instance = seen.instances.get(host.instance) if host else None
        if instance is not None and instance.state in RUNS:
            continue
        why = why_never(host, seen) if host else "is not among the hosts that are started"
        if not why and len(chosen) >= seen.room:
            why = full(seen)
        if why or host is None:
            refused[name] = why
        else:
            chosen.append(host)
    return tuple(chosen), refused


def full(seen: Seen) -> str:
    """Why no other host is started for now."""
    return f"waits: {seen.running} hosts run, and cluster.max_hosts is {seen.settings.max_hosts}"


def balanced(slurm: Mapping[str, SlurmHost], seen: Seen) -> tuple[Change, ...]:
    """What Slurm is to be told, so that no job waits on a host that is not started, and none beyond max_hosts runs on idly."""
    changes = [
        change
        for host in seen.settings.hosts
        if host.name in slurm and (change := _change(slurm[host.name], host, seen)) is not None
    ]
    idle = [host.name for host in seen.settings.hosts if host.name in slurm and slurm[host.name].idle]
    over = -seen.room if seen.settings.max_hosts else 0
    return (*changes, *(Change(name, "power_down", TOO_MANY) for name in idle[::-1][: max(over, 0)]))


def _change(known: SlurmHost, host: ElasticHost, seen: Seen) -> Change | None:
    if not known.off:
        if known.held:  # somebody else started it
            return Change(host.name, "resume")
        stopped = seen.instances.get(host.instance)
        lost = bool(known.flags & {"DOWN", "NOT_RESPONDING"}) and "POWERING_UP" not in known.flags
        # Stopped by somebody else: Slurm may have it started again, as it may those that it stopped itself.
        return (
            Change(host.name, "power_down_force") if lost and stopped and stopped.state == "stopped" else None
        )
    why = why_never(host, seen) or (full(seen) if seen.room <= 0 else "")
    if why and "DRAIN" not in known.flags:
        return Change(host.name, "drain", why)
    if known.held and not why:
        return Change(host.name, "resume")
    if known.held and known.reason != f"{OURS}{why}":
        return Change(host.name, "drain", why)
    return None

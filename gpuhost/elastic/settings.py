"""What role `slurm` says of hosts that are started and stopped. Pure, but for the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CONFIG = Path("/etc/orchestrate/elastic.json")
"""Written by the role, on the controller."""
SUSPEND_CONF = Path("/etc/slurm/elastic.conf")
"""What slurm.conf includes: how long a host may idle, which a command that works on the hosts puts off."""
NO_END_S = 365 * 86400
"""Seconds of idleness that no host comes to. Slurm's own word for never switches starting off as well."""


@dataclass(frozen=True)
class ElasticHost:
    """A host that is started and stopped."""

    name: str
    instance: str
    """EC2's id of it."""
    usd_per_hour: float


@dataclass(frozen=True)
class Settings:
    """The cluster's hosts and limits."""

    region: str
    endpoint_url: str
    """Of EC2 where it is not AWS's own; empty for that."""
    hosts: tuple[ElasticHost, ...]
    always: int
    """Hosts that compute and are never stopped: they count, too."""
    max_hosts: int
    """How many may run at once; 0 for all."""
    idle_minutes: float
    max_hours: float
    """Hours that each host may run in all; 0 for any."""
    max_cost_usd: float

    @property
    def by_name(self) -> Mapping[str, ElasticHost]:
        """The hosts."""
        return {host.name: host for host in self.hosts}

    def hours_allowed(self, host: ElasticHost) -> tuple[float, str]:
        """Hours that a host may run in all, and which limit that is; 0 and nothing without one."""
        found = [(self.max_hours, f"{self.max_hours:g} hours")] if self.max_hours else []
        if self.max_cost_usd and host.usd_per_hour:
            hours = self.max_cost_usd / host.usd_per_hour
            found.append((hours, f"{self.max_cost_usd:g} USD at {host.usd_per_hour:g} USD an hour"))
        return min(found, default=(0.0, ""))


def read(file: Path = CONFIG) -> Settings:
    """The settings. Raises OSError or ValueError where there are none, or none that can be read."""
    try:
        given = json.loads(file.read_text())
        hosts = tuple(
            ElasticHost(
                name=str(name), instance=str(each["instance"]), usd_per_hour=float(each["usd_per_hour"])
            )
            for name, each in sorted(given["hosts"].items())
        )
        return Settings(
            region=str(given["region"]),
            endpoint_url=str(given.get("endpoint_url", "")),
            hosts=hosts,
            always=int(given["always"]),
            max_hosts=int(given["max_hosts"]),
            idle_minutes=float(given["idle_minutes"]),
            max_hours=float(given["max_hours"]),
            max_cost_usd=float(given["max_cost_usd"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file} is not what role slurm writes: {error!r}") from error

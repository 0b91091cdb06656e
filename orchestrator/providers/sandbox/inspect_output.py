"""What the engine says of containers, networks and volumes, as values. Asks nothing."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A network or a volume as the engine knows it now."""

    id: str
    """A volume's is its name."""
    name: str
    labels: dict[str, str]
    created: str
    """When, as the engine writes it: in order of time where the first nineteen characters differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container(Labelled):
    """A container as the engine knows it now."""

    status: str
    """`created`, `running`, `paused`, `exited`, `dead`, `removing` …"""
    networks: tuple[str, ...]
    """Names."""
    ssh_port: int
    """Port on this computer's loopback that reaches port 22; 0 while there is none."""


def container_of(entry: dict[str, Any]) -> Container:
    """A container, from an entry of `container inspect`."""
    attached = entry["NetworkSettings"]
    published = (attached.get("Ports") or {}).get("22/tcp") or [{"HostPort": "0"}]
    return Container(
        id=entry["Id"],
        name=entry["Name"].removeprefix("/"),
        labels=dict(entry["Config"].get("Labels") or {}),
        created=entry.get("Created", ""),
        status=entry["State"]["Status"],
        networks=tuple(attached.get("Networks") or ()),
        ssh_port=int(published[0]["HostPort"]),
    )


def labelled_of(entry: dict[str, Any]) -> Labelled:
    """A network or a volume, from an entry of its `inspect`.

    Docker writes `Name`, Podman `name` for networks; a volume has no id, and says when under another key.
    """
    known = {key.lower(): value for key, value in entry.items()}
    return Labelled(
        id=known.get("id") or known["name"],
        name=known["name"],
        labels=dict(known.get("labels") or {}),
        created=known.get("created") or known.get("createdat") or "",
    )


def by_name(seen: Labelled) -> str:
    """For sorting."""
    return seen.name

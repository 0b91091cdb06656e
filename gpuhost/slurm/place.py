"""What role `slurm` wrote down of this host's place in a cluster. Changes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpuhost.files import content

FILE = Path("/etc/orchestrate/slurm.json")


@dataclass(frozen=True)
class Place:
    """This host in its cluster."""

    name: str
    """What Slurm calls it."""
    cluster: str
    controller: str
    """Name of the host that gives the jobs out."""
    is_compute: bool = False
    gpus: int = 0
    """Cards that Slurm was told of."""
    shared: frozenset[int] = frozenset()
    """Numbers of cards that several jobs may have at once (MPS)."""
    shared_folder: str = ""
    hosts: dict[str, str] = field(default_factory=dict)
    """Name -> address, of all hosts of the cluster."""


def read(file: Path = FILE) -> Place | None:
    """None where the host is in no cluster, or the file cannot be read."""
    try:
        return parsed(json.loads(content(file)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def parsed(told: dict[str, Any]) -> Place:
    """What the role wrote. Raises KeyError, TypeError, ValueError or AttributeError."""
    return Place(
        name=str(told["name"]),
        cluster=str(told["cluster"]),
        controller=str(told["controller"]),
        is_compute=bool(told["is_compute"]),
        gpus=int(told["gpus"]),
        shared=frozenset(int(number) for number in told["shared"]),
        shared_folder=str(told["shared_folder"]),
        hosts={str(name): str(address) for name, address in told["hosts"].items()},
    )

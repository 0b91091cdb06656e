"""What a job in a container is to have. Values only, and the words by which engines know them."""

from __future__ import annotations

import re
from dataclasses import dataclass

DOCKER, PODMAN = "docker", "podman"
IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}")
"""What an image may be called; never an option."""
CARDS = "nvidia.com/gpu"
"""The kind that NVIDIA's specification gives its devices."""


@dataclass(frozen=True)
class Container:
    """One job's."""

    number: int
    """The job's."""
    engine: str
    image: str
    folder: str
    """Mounted at the same path, and where the command runs."""
    uid: int
    gid: int
    user: str
    devices: tuple[str, ...]
    """UUIDs of cards and slices."""
    pipes: str = ""
    """The folder of an MPS server whose share it has."""

    @property
    def name(self) -> str:
        """What the engine calls it."""
        return name_of(self.number)


def name_of(number: int) -> str:
    """Of the container of a job."""
    return f"orchestrate-run-{number}"

"""Which engine runs a job's container, or why none does. Changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from gpuhost.files import text
from gpuhost.leases.containers import docker
from gpuhost.leases.containers.values import DOCKER, IMAGE, PODMAN

SPECIFICATIONS = (Path("/run/cdi"), Path("/etc/cdi"))
_ROLE = "role container_toolkit, by `services: [containers]` in the fleet file or by itself, then again"


class NoContainerError(Exception):
    """It cannot be run in one; the text says why, and in a second line what to do."""


def chosen(image: str, engine: str, *, cards: bool) -> str:
    """The engine for a job. Raises NoContainerError.

    Args:
        image: what it is called.
        engine: that its user wants; empty for Podman where it is there, else Docker.
        cards: whether it is to have some.
    """
    if not IMAGE.fullmatch(image):
        raise NoContainerError(f"{image!r} is no image\n  try: --image docker.io/library/debian:12")
    if engine not in ("", DOCKER, PODMAN):
        raise NoContainerError(f"{engine} is no engine that is known here\n  try: --engine podman")
    there = [name for name in (PODMAN, DOCKER) if shutil.which(name)]
    if not there:
        raise NoContainerError(f"no container engine is on this host\n  try: {_ROLE}")
    if engine and engine not in there:
        raise NoContainerError(f"{engine} is not on this host\n  try: --engine {there[0]}")
    found = engine or there[0]
    if found == DOCKER:
        running = docker.daemon()
        if running is None:
            raise NoContainerError("Docker does not answer\n  try: sudo systemctl start docker")
        if cards and running.obstacle():
            raise NoContainerError(f"{running.obstacle()}\n  try: {_ROLE}")
    if cards and not specified():
        raise NoContainerError(f"no CDI specification of NVIDIA's cards is on this host\n  try: {_ROLE}")
    return found


def specified() -> str:
    """The specifications of devices that engines read, one after the other."""
    found = (path for folder in SPECIFICATIONS for path in sorted(folder.glob("*")))
    return "\n".join(text(path) for path in found if path.suffix in {".yaml", ".yml", ".json"})

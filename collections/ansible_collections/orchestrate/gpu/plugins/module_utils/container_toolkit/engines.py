"""Which container engines are there, and what they make of the settings. Changes nothing."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.container_toolkit.settings import Settings
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

DOCKER_SOCKET = Path("/run/docker.sock")
ANSWER_S = 20.0

DOCKER_READS_CDI = (25, 0)
"""https://docs.docker.com/engine/release-notes/25.0/: `--device` takes names of CDI's where feature `cdi` is on."""
PODMAN_READS_CDI = (4, 1)
"""https://github.com/containers/podman/releases/tag/v4.1.0: `--device` takes names of CDI's."""

Version = tuple[int, int]


@dataclass(frozen=True)
class Docker:
    """Docker's daemon."""

    version: Version
    running: bool = False
    reads_cdi: bool = False
    """The running one has feature `cdi` on."""
    runtimes: frozenset[str] = frozenset()
    """That the running one knows."""
    containers: int = 0
    """That run."""
    live_restore: bool = False
    """Containers outlive a restart of it."""

    @property
    def settings(self) -> Settings:
        """Of `daemon.json`, by which a container is given cards."""
        if self.version >= DOCKER_READS_CDI:
            return {("features", "cdi"): True}
        return {("runtimes", "nvidia", "path"): "nvidia-container-runtime"}

    @property
    def runtime_settings(self) -> Settings:
        """Of NVIDIA's runtime, where it is what reads the specification."""
        return {} if self.version >= DOCKER_READS_CDI else {("nvidia-container-runtime", "mode"): "cdi"}

    @property
    def has_read_them(self) -> bool:
        """Whether the running one goes by its settings."""
        return self.reads_cdi if self.version >= DOCKER_READS_CDI else "nvidia" in self.runtimes

    @property
    def usage(self) -> str:
        """What a person types to have one card in a container."""
        if self.version >= DOCKER_READS_CDI:
            return "docker run --device nvidia.com/gpu=0 IMAGE"
        return "docker run --runtime nvidia --env NVIDIA_VISIBLE_DEVICES=0 IMAGE"


def docker() -> Docker | None:
    """Docker as it is; None where there is none of the distribution's or Docker's own packages."""
    found = version_in(run(("dockerd", "--version")).stdout)
    if found is None:
        return None
    return docker_of(found, _info())


def docker_of(found: Version, info: Mapping[str, Any]) -> Docker:
    """What the daemon says of itself; nothing where it does not run."""
    if not info:
        return Docker(found)
    return Docker(
        version=version_in(f"version {info.get('ServerVersion', '')}") or found,
        running=True,
        reads_cdi=bool(info.get("CDISpecDirs")),
        runtimes=frozenset(info.get("Runtimes") or ()),
        containers=int(info.get("ContainersRunning", 0)),
        live_restore=bool(info.get("LiveRestoreEnabled")),
    )


def podman() -> Version | None:
    """Podman's version; None where there is none."""
    return version_in(run(("podman", "--version")).stdout)


def version_in(said: str) -> Version | None:
    """The version in what an engine's `--version` prints."""
    found = re.search(r"version (\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else None


class _Connection(http.client.HTTPConnection):
    """To the daemon's socket: its command line may not be installed."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(ANSWER_S)
        self.sock.connect(str(DOCKER_SOCKET))


def _info() -> dict[str, Any]:
    """What the daemon says of itself; nothing where it does not answer."""
    if (
        not DOCKER_SOCKET.is_socket()
        or run(("systemctl", "is-active", "--quiet", "docker.service")).returncode
    ):
        # Its socket would start it.
        return {}
    connection = _Connection("localhost")
    try:
        connection.request("GET", "/info")
        answer = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()
    return answer if isinstance(answer, dict) and "ServerVersion" in answer else {}

"""Docker's daemon, asked over its socket: what it is, which images it has, and the end of a container. Only root can."""

from __future__ import annotations

import http.client
import json
import re
import select
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

SOCKET = Path("/run/docker.sock")
READS_CDI = (25, 0)
"""The first whose `--device` takes names of the Container Device Interface; before it, NVIDIA's runtime reads them."""
_ANSWER_S = 5.0
_AGAIN_S = 0.05


@dataclass(frozen=True)
class Daemon:
    """One that runs."""

    version: tuple[int, int]
    reads_cdi: bool
    """Feature `cdi` is on."""
    has_runtime: bool
    """It knows NVIDIA's runtime."""
    systemd_groups: bool
    """systemd makes its control groups."""

    def obstacle(self) -> str:
        """Why it can give no container a card; empty where it can."""
        ready = self.reads_cdi if self.version >= READS_CDI else self.has_runtime
        return "" if ready else "Docker is not set up to give containers cards"


def parse(info: Mapping[str, Any]) -> Daemon | None:
    """What the daemon says of itself; None where that is nothing."""
    found = re.match(r"(\d+)\.(\d+)", str(info.get("ServerVersion", "")))
    if not found:
        return None
    return Daemon(
        version=(int(found[1]), int(found[2])),
        reads_cdi=bool(info.get("CDISpecDirs")),
        has_runtime="nvidia" in (info.get("Runtimes") or ()),
        systemd_groups=info.get("CgroupDriver") == "systemd",
    )


def daemon() -> Daemon | None:
    """The one that runs; None where none answers."""
    status, told = _call("GET", "/info")
    return parse(told) if status == http.client.OK else None


def has_image(image: str) -> bool:
    """Whether it need not be fetched."""
    return _call("GET", f"/images/{quote(image)}/json")[0] == http.client.OK


def remove(name: str, seconds: float) -> bool:
    """Kill and remove a container; whether it is gone within that time."""
    deadline = time.monotonic() + seconds
    while True:
        status, _told = _call("DELETE", f"/containers/{quote(name)}?force=1&v=1")
        if status in (http.client.NOT_FOUND, 0):
            return True
        if time.monotonic() > deadline:
            return False
        select.select([], [], [], _AGAIN_S)


class _Connection(http.client.HTTPConnection):
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_ANSWER_S)
        self.sock.connect(str(SOCKET))


def _call(method: str, path: str) -> tuple[int, dict[str, Any]]:
    """Status and answer; 0 where there is no daemon."""
    connection = _Connection("localhost")
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException):
        return 0, {}
    finally:
        connection.close()
    try:
        told = json.loads(text or b"{}")
    except ValueError:
        told = {}
    return answer.status, told if isinstance(told, dict) else {}

"""How JupyterHub starts the users' servers here, and how a browser finds them. JupyterHub's configuration imports it from the program.

A server is the user's systemd unit, with the limits that the unit has; NGINX knows each user's path from its own
configuration. So there is no proxy to run beside NGINX, and no port that another account could take.
"""

from __future__ import annotations

import asyncio
import os
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyterhub.proxy import Proxy
from jupyterhub.spawner import Spawner

ENVIRONMENTS = Path("/run/orchestrate-jupyterhub")
"""Where a unit finds what the hub tells a user's server, its token among it: for root alone."""
SOCKETS = Path("/run/orchestrate-notebooks")
ALIVE = frozenset({"active", "activating", "reloading"})


class NginxProxy(Proxy):  # type: ignore[misc]  # JupyterHub is not where types are checked
    """Remembers what the hub would have routed; NGINX asks nobody."""

    should_start = False

    @cached_property
    def _routes(self) -> dict[str, dict[str, Any]]:
        return {}

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        """Remember a route."""
        route = {"routespec": routespec, "target": target, "data": data}
        self._routes[self.validate_routespec(routespec)] = route

    async def delete_route(self, routespec: str) -> None:
        """Forget a route, which may not be there."""
        self._routes.pop(self.validate_routespec(routespec), None)

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        """Every route that the hub added."""
        return dict(self._routes)


class UnitSpawner(Spawner):  # type: ignore[misc]  # as above
    """A user's server is the unit `orchestrate-notebook@USER.service`. It outlives a restart of the hub."""

    @property
    def unit(self) -> str:
        """The unit's name without its ending."""
        return f"orchestrate-notebook@{self.user.name}"

    async def start(self) -> str:
        """Start the unit; return where it listens. Raises RuntimeError with what systemd says."""
        address = f"http+unix://{quote(str(SOCKETS / self.user.name / 'lab.sock'), safe='')}"
        told = self.get_env() | {"JUPYTERHUB_SERVICE_URL": address + self.server.base_url}
        file = ENVIRONMENTS / f"{self.user.name}.env"
        file.unlink(missing_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.writelines(f"{name}={quoted(value)}\n" for name, value in told.items())
        code, said = await systemctl("restart", f"{self.unit}.service")
        if code != 0:
            raise RuntimeError(f"{self.unit}.service does not start: {said}")
        return address

    async def poll(self) -> int | None:
        """None while it runs, as JupyterHub has it; else 0, or 1 for one that failed."""
        _, state = await systemctl("show", "--property=ActiveState", "--value", f"{self.unit}.service")
        return None if state in ALIVE else int(state == "failed")

    async def stop(self, now: bool = False) -> None:  # noqa: FBT001, FBT002, ARG002  JupyterHub's own signature
        """Stop the unit and its socket; return when both are gone."""
        await systemctl("stop", f"{self.unit}.socket", f"{self.unit}.service")


def quoted(value: str) -> str:
    """The value as systemd.exec(5) reads it in an environment file."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


async def systemctl(*words: str) -> tuple[int, str]:
    """Its exit code and what it said."""
    running = await asyncio.create_subprocess_exec(
        "systemctl", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await running.communicate()
    return running.returncode or 0, said.decode().strip()

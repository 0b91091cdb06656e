"""Zabbix' API as somebody uses it through `orchestrate open`, and what a host's cards say to it."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import User, engine
from tests.e2e.web.browsing import Login, opened
from tests.nvml.library import STATE_FILE, compiled, state
from tests.unit.gpuhost.telemetry.stand_in import l40s

PASSWORD = "/etc/orchestrate/zabbix/admin-password"
LIBRARY = "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"
GPU_KEYS = ("gpuhost", "nvml")
_PUT = 'cat > "$1.new" && mv "$1.new" "$1"'


class Zabbix:
    """A session of Zabbix' user Admin."""

    def __init__(self, login: Login, password: str) -> None:
        self.login = login
        self.password = password
        credentials = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
        self._headers = {"Content-Type": "application/json-rpc", "Authorization": f"Basic {credentials}"}
        self._session = str(self.call("user.login", {"username": "Admin", "password": password}))

    def call(self, method: str, parameters: object) -> Any:
        """The result of a method."""
        asked: dict[str, object] = {"jsonrpc": "2.0", "method": method, "params": parameters, "id": 1}
        if method != "user.login":
            asked["auth"] = self._session
        request = urllib.request.Request(  # noqa: S310  our own tunnel
            f"{self.login.url}api_jsonrpc.php", json.dumps(asked).encode(), self._headers
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310  our own tunnel
            said = json.load(answer)
        assert "result" in said, said
        return said["result"]

    def items(self) -> dict[str, dict[str, Any]]:
        """What it knows of the cards of all hosts, by key."""
        asked = {
            "output": ["key_", "lastvalue", "lastclock", "state", "error"],
            "search": {"key_": list(GPU_KEYS)},
            "searchByAny": True,
            "startSearch": True,
            "monitored": True,
        }
        return {each["key_"]: each for each in self.call("item.get", asked)}

    def problems(self) -> set[str]:
        """The names of all that is wrong now."""
        return {each["name"] for each in self.call("problem.get", {"output": ["name"]})}

    def wait_for_values(self, expected: dict[str, str], *, timeout_s: float) -> None:
        """Until these items have these values."""

        def look() -> bool | NotYet:
            known = self.items()
            seen = {key: known.get(key, {}).get("lastvalue") for key in expected}
            return seen == expected or NotYet(f"{seen} of {len(known)} items")

        wait_for("values of the cards", look, timeout_s=timeout_s, interval_s=1)

    def wait_for_problem(self, name: str, *, there: bool, timeout_s: float) -> None:
        """Until it is one, or is none any more."""
        wait_for(
            f"{name}: {there}",
            lambda: (name in (seen := self.problems())) is there or NotYet(str(sorted(seen))),
            timeout_s=timeout_s,
            interval_s=1,
        )


@contextmanager
def zabbix(owner: User) -> Iterator[Zabbix]:
    """A session through a tunnel, for as long as the block runs."""
    password = owner.run("ssh", owner.fleet, "--", "sudo", "cat", PASSWORD)
    assert password.code == 0, password.err
    with opened(owner, "zabbix") as login:
        yield Zabbix(login, password.out.strip())


def install_library(owner: User, folder: Path) -> None:
    """Have the stand-in for NVIDIA's library on the fleet's host."""
    _put(owner, LIBRARY, compiled(folder).read_bytes())


def set_cards(owner: User, *hotter: tuple[str, ...]) -> None:
    """What the cards say from now on: of each, lines that count more than the usual ones."""
    cards = (l40s(number, *lines) for number, lines in enumerate(hotter))
    _put(owner, STATE_FILE, state(*cards).encode())


def _put(owner: User, path: str, content: bytes) -> None:
    container = owner.container(f"{owner.fleet}-1")
    engine("exec", "--interactive", container, "sh", "-c", _PUT, "sh", path, said=content)

"""How JupyterHub starts servers and routes to them: `systemctl` is a small program of the test."""

import asyncio
import importlib
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.unit.gpuhost.notebooks.packages import write_packages

SYSTEMCTL = """\
#!/bin/sh
echo "$@" >>"$0.calls"
case "$1" in
    restart) [ ! -e "$0.broken" ] || { echo "Job failed"; exit 1; } ;;
    show) cat "$0.state" ;;
esac
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module, as JupyterHub's configuration imports it."""
    before = set(sys.modules)
    write_packages(tmp_path)
    (tmp_path / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    module = importlib.import_module("gpuhost.notebooks.jupyterhub_spawner")
    monkeypatch.setattr(module, "ENVIRONMENTS", tmp_path)
    yield module
    for name in set(sys.modules) - before:
        del sys.modules[name]


def spawner(hub: ModuleType, value: str = "x") -> Any:
    """Of a user's server, as far as JupyterHub sets it up."""
    made = hub.UnitSpawner()
    made.user = SimpleNamespace(name="ada")
    made.server = SimpleNamespace(base_url="/notebooks/user/ada/")
    made.get_env = lambda: {"JUPYTERHUB_API_TOKEN": value}
    return made


def test_a_server_is_its_users_unit_and_hears_where_it_is_from_a_file_for_root_alone(
    hub: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "ada.env").write_text("of the last start")
    address = asyncio.run(spawner(hub, value='a"\\b').start())
    assert address == "http+unix://%2Frun%2Forchestrate-notebooks%2Fada%2Flab.sock"
    assert (tmp_path / "ada.env").read_text().splitlines() == [
        'JUPYTERHUB_API_TOKEN="a\\"\\\\b"',
        f'JUPYTERHUB_SERVICE_URL="{address}/notebooks/user/ada/"',
    ]
    assert stat.S_IMODE((tmp_path / "ada.env").stat().st_mode) == 0o600
    assert (tmp_path / "systemctl.calls").read_text() == "restart orchestrate-notebook@ada.service\n"


def test_a_unit_that_does_not_start_is_an_error_with_what_systemd_says(
    hub: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "systemctl.broken").touch()
    with pytest.raises(RuntimeError, match=r"orchestrate-notebook@ada.service does not start: Job failed"):
        asyncio.run(spawner(hub).start())


@pytest.mark.parametrize(
    ("state", "expected"),
    [("active", None), ("activating", None), ("reloading", None), ("inactive", 0), ("failed", 1)],
)
def test_the_state_of_the_unit_is_that_of_the_server(
    hub: ModuleType, tmp_path: Path, state: str, expected: int | None
) -> None:
    (tmp_path / "systemctl.state").write_text(f"{state}\n")
    assert asyncio.run(spawner(hub).poll()) == expected


def test_a_server_is_stopped_with_its_socket(hub: ModuleType, tmp_path: Path) -> None:
    asyncio.run(spawner(hub).stop())
    called = (tmp_path / "systemctl.calls").read_text()
    assert called == "stop orchestrate-notebook@ada.socket orchestrate-notebook@ada.service\n"


def test_routes_are_remembered_until_they_are_deleted(hub: ModuleType) -> None:
    proxy, other = hub.NginxProxy(), hub.NginxProxy()

    async def routed() -> list[dict[str, Any]]:
        await proxy.add_route("/user/ada", "http+unix://x", {"user": "ada"})
        found = await proxy.get_all_routes()
        for _ in range(2):
            await proxy.delete_route("/user/ada/")
        return [found, await proxy.get_all_routes(), await other.get_all_routes()]

    route = {"routespec": "/user/ada/", "target": "http+unix://x", "data": {"user": "ada"}}
    assert asyncio.run(routed()) == [{"/user/ada/": {**route, "routespec": "/user/ada"}}, {}, {}]

"""Hosts of an inventory, read by Ansible itself."""

from pathlib import Path

import pytest

from orchestrator.errors import ProviderError
from orchestrator.models import Connection, Host, HostState
from orchestrator.providers.onprem import OnpremProvider
from orchestrator.providers.settings import OnpremSettings

YAML = """
all:
  children:
    lab:
      hosts:
        bench: {ansible_host: 192.0.2.7, ansible_port: 2222, ansible_user: root}
        plain:
      vars: {ansible_python_interpreter: /usr/bin/python3}
    other:
      hosts:
        here: {ansible_connection: local}
"""


def provider(inventory: Path, limit: str = "all") -> OnpremProvider:
    return OnpremProvider(OnpremSettings(inventory=inventory, limit=limit))


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_hosts_come_with_what_the_inventory_says_of_them(tmp_path: Path) -> None:
    path = written(tmp_path, "hosts.yml", YAML)
    bench, here, plain = provider(path).find("lab")
    assert bench == Host(
        name="bench",
        fleet="lab",
        provider_id="bench",
        distribution="",
        state=HostState.RUNNING,
        connection=Connection.SSH,
        address="192.0.2.7",
        port=2222,
        user="root",
        host_key="",
        inventory=str(path),
    )
    assert (here.connection, here.address, here.port) == (Connection.LOCAL, "localhost", 0)
    assert (plain.connection, plain.address, plain.port, plain.user) == (Connection.SSH, "plain", 0, "")


def test_the_limit_chooses_hosts(tmp_path: Path) -> None:
    found = provider(written(tmp_path, "hosts.yml", YAML), "lab").find("lab")
    assert [host.name for host in found] == ["bench", "plain"]


@pytest.mark.parametrize(("name", "text"), [("bad.yml", "a: ["), ("missing.yml", "")])
def test_an_inventory_that_cannot_be_read_is_refused_and_not_empty(
    tmp_path: Path, name: str, text: str
) -> None:
    path = written(tmp_path, name, text) if text else tmp_path / name
    with pytest.raises(ProviderError, match="cannot be read") as caught:
        provider(path).find("lab")
    assert str(path) in caught.value.cause
    assert caught.value.hint == f"ansible-inventory -i {path} --list"
    assert "\n" not in caught.value.cause

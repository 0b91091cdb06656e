"""Inventories in every form that Ansible takes: scripts, plugins, folders, ranges, groups of groups. Each says what it says to Ansible."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.ansible_hosts import open_inventory

SAME = {"rack-1": ("192.0.2.1", 22, "admin"), "rack-2": ("192.0.2.2", 2222, "admin")}
"""What all of `FORMS` say."""
TREE = {
    "racks": {
        "hosts": {
            "rack-1": {"ansible_host": "192.0.2.1", "ansible_port": 22},
            "rack-2": {"ansible_host": "192.0.2.2", "ansible_port": 2222},
        },
        "vars": {"ansible_user": "admin"},
    }
}
TOML = """
[racks.vars]
ansible_user = "admin"
[racks.hosts]
rack-1 = {ansible_host = "192.0.2.1", ansible_port = 22}
rack-2 = {ansible_host = "192.0.2.2", ansible_port = 2222}
"""
INI = """
[racks]
rack-1 ansible_host=192.0.2.1 ansible_port=22
rack-2 ansible_host=192.0.2.2 ansible_port=2222
[racks:vars]
ansible_user=admin
"""
SCRIPT = f"""#!{sys.executable}
import json
tree = {TREE!r}
racks = tree["racks"]
print(json.dumps({{
    "racks": {{"hosts": list(racks["hosts"]), "vars": racks["vars"]}}, "_meta": {{"hostvars": racks["hosts"]}},
}}))
"""
CONSTRUCTED = """
plugin: ansible.builtin.constructed
strict: true
compose:
  ansible_host: "'192.0.2.' ~ inventory_hostname[-1]"
  ansible_port: "22 if inventory_hostname == 'rack-1' else 2222"
groups:
  racks: inventory_hostname.startswith('rack')
keyed_groups: [{key: "'operated'", prefix: "", separator: ""}]
"""
FORMS = {
    "hosts.ini": {"hosts.ini": INI},
    "hosts": {"hosts": INI},
    "hosts.yml": {"hosts.yml": json.dumps(TREE)},
    "hosts.json": {"hosts.json": json.dumps(TREE)},
    "hosts.toml": {"hosts.toml": TOML},
    "ask-the-rack.py": {"ask-the-rack.py": SCRIPT},
    "constructed": {
        "constructed/10-hosts.ini": "rack-[1:2]\n",
        "constructed/20-groups.constructed.yml": CONSTRUCTED,
        "constructed/group_vars/operated.yml": "ansible_user: admin\n",
    },
    "by-host": {
        "by-host/racks": "[racks]\nrack-[1:2]\n",
        "by-host/racks.orig": "[racks]\nrack-9\n",
        "by-host/host_vars/rack-1/address.yml": "ansible_host: 192.0.2.1\n",
        "by-host/host_vars/rack-1/port.yml": "ansible_port: 22\n",
        "by-host/host_vars/rack-2.yml": "{ansible_host: 192.0.2.2, ansible_port: 2222}\n",
        "by-host/group_vars/all/user.yml": "ansible_user: admin\n",
    },
    "former-names.ini": {
        "former-names.ini": "[all:vars]\nansible_ssh_user=admin\n[racks]\n"
        "rack-1 ansible_ssh_host=192.0.2.1 ansible_ssh_port=22\nrack-2 ansible_ssh_host=192.0.2.2 ansible_ssh_port=2222\n"
    },
}
"""What is named as the inventory -> its files."""


def seen(inventory: Path, limit: str = "all") -> dict[str, tuple[str, int, str]]:
    """Address, port and user of each host."""
    return {at.name: (at.address, at.port, at.user) for at in open_inventory(inventory).hosts(limit)}


def written(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if text.startswith("#!"):
            path.chmod(0o755)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_inventory_says_the_same(tmp_path: Path, form: str) -> None:
    written(tmp_path, FORMS[form])
    assert seen(tmp_path / form) == SAME


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("gpu[1:4]", "gpu1 gpu2 gpu3 gpu4"),
        ("gpu[08:10]", "gpu08 gpu09 gpu10"),
        ("gpu-[a:c].lab", "gpu-a.lab gpu-b.lab gpu-c.lab"),
        ("gpu[1:9:4]", "gpu1 gpu5 gpu9"),
        ("r[1:2]g[1:2]", "r1g1 r1g2 r2g1 r2g2"),
    ],
)
def test_ranges_are_as_many_hosts_in_either_form(tmp_path: Path, line: str, names: str) -> None:
    written(tmp_path, {"hosts.ini": f"{line}\n", "hosts.yml": json.dumps({"all": {"hosts": {line: {}}}})})
    assert list(seen(tmp_path / "hosts.ini")) == list(seen(tmp_path / "hosts.yml")) == names.split()


def test_variables_of_nested_groups_are_those_of_the_nearest_one(tmp_path: Path) -> None:
    written(
        tmp_path,
        {
            "hosts.ini": "[site:children]\nracks\ndesks\n[site:vars]\nansible_user=site\nansible_port=2201\n"
            "[racks:children]\nlower\n[racks:vars]\nansible_user=racks\n[lower]\nrack-1\nrack-2 ansible_user=own\n"
            "[desks]\ndesk\n[loud]\nrack-1\n[loud:vars]\nansible_port=2299\nansible_group_priority=10\n",
        },
    )
    assert seen(tmp_path / "hosts.ini") == {
        "desk": ("desk", 2201, "site"),
        "rack-1": ("rack-1", 2299, "racks"),
        "rack-2": ("rack-2", 2201, "own"),
    }
    assert list(seen(tmp_path / "hosts.ini", "site:&loud")) == ["rack-1"]
    assert list(seen(tmp_path / "hosts.ini", "site:!racks")) == ["desk"]
    assert list(seen(tmp_path / "hosts.ini", "desks,lower[1]")) == ["desk", "rack-2"]


def test_a_variable_that_vault_encrypted_by_itself_is_read_with_the_password_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, password in (("lab", "open sesame"), ("office", "swordfish")):
        (tmp_path / name).write_text(password)
    vault = (sys.executable, "-m", "ansible", "vault", "encrypt_string", "--encrypt-vault-id", "lab")
    done = subprocess.run(
        (*vault, "--vault-id", f"lab@{tmp_path / 'lab'}", "--name", "ansible_user", "operator"),
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    written(tmp_path, {"hosts.ini": "far\n", "host_vars/far.yml": done.stdout})
    identities = f"office@{tmp_path / 'office'},lab@{tmp_path / 'lab'}"
    monkeypatch.setenv("ANSIBLE_VAULT_IDENTITY_LIST", identities)
    assert seen(tmp_path / "hosts.ini") == {"far": ("far", 0, "operator")}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("hosts.ini", "here ansible_connection=local\n"),
        ("hosts.yml", "all: {hosts: {here: {ansible_connection: local}}}\n"),
        ("group.yml", "desks: {hosts: {here: {}}, vars: {ansible_connection: ansible.builtin.local}}\n"),
        ("template.yml", "all: {hosts: {here: {ansible_connection: \"{{ 'local' }}\"}}}\n"),
    ],
)
def test_this_computer_is_told_in_every_form(tmp_path: Path, name: str, text: str) -> None:
    written(tmp_path, {name: text})
    (at,) = open_inventory(tmp_path / name).hosts("all")
    assert (at.kind, at.ssh()) == ("local", None)

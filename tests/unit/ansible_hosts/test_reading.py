"""What an inventory says of its hosts: every form of it, variables from everywhere, vault; and what cannot be read."""

import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.ansible_hosts import Secret, keep, open_inventory
from orchestrator.errors import ProviderError
from orchestrator.providers.onprem import OnpremProvider
from orchestrator.providers.settings import OnpremSettings
from tests.unit.ansible_hosts.lab import Lab

VAULT_PASSWORD = "sesame"


def encrypted(path: Path, text: str) -> Path:
    """A file that ansible-vault encrypted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    password = path.with_suffix(".password")
    password.write_text(VAULT_PASSWORD)
    argv = (
        sys.executable,
        "-m",
        "ansible",
        "vault",
        "encrypt",
        f"--vault-password-file={password}",
        str(path),
    )
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    password.unlink()
    return path


def seen(inventory: Path, limit: str = "all") -> dict[str, tuple[str, int, str]]:
    hosts = open_inventory(inventory).hosts(limit)
    return {at.name: (at.address, at.port, at.user) for at in hosts}


def test_a_folder_with_ini_group_variables_and_templates_says_what_ansible_says(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    (folder / "group_vars").mkdir(parents=True)
    (folder / "hosts.ini").write_text(
        "[racks]\nrack-[1:3]\n[racks:vars]\nnet=192.0.2\n[one]\nrack-1 ansible_port=2201\n"
    )
    (folder / "more.yml").write_text("desks: {hosts: {desk: {ansible_host: 198.51.100.9}}}\n")
    (folder / "group_vars/racks.yml").write_text(
        "ansible_host: \"{{ net }}.{{ inventory_hostname.split('-')[1] }}\"\nansible_user: admin\n"
    )
    assert seen(folder) == {
        "desk": ("198.51.100.9", 0, ""),
        "rack-1": ("192.0.2.1", 2201, "admin"),
        "rack-2": ("192.0.2.2", 0, "admin"),
        "rack-3": ("192.0.2.3", 0, "admin"),
    }


@pytest.mark.parametrize(
    ("limit", "names"),
    [
        ("racks:!rack-2", "rack-1 rack-3"),
        ("rack-*:&lit", "rack-3"),
        ("~rack-[12]", "rack-1 rack-2"),
        ("racks[0]", "rack-1"),
    ],
)
def test_patterns_choose_hosts_as_they_do_for_ansible(tmp_path: Path, limit: str, names: str) -> None:
    path = tmp_path / "hosts.ini"
    path.write_text("[racks]\nrack-[1:3]\n[lit]\nrack-3\nlamp\n")
    assert list(seen(path, limit)) == names.split()


def test_variables_that_vault_encrypted_are_read_with_the_password_that_was_typed(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text("lab: {hosts: {far: {}}}\n")
    encrypted(tmp_path / "group_vars/lab.yml", "ansible_user: operator\n")
    with pytest.raises(ProviderError, match="ansible-vault encrypted, and no password was given") as refused:
        seen(path)
    assert "--ask-vault-pass" in refused.value.hint
    assert "ansible-inventory" not in refused.value.hint
    keep(Secret.VAULT, "wrong")
    with pytest.raises(ProviderError, match="none of the vault passwords opens") as refused:
        seen(path.rename(tmp_path / "again.yml"))
    assert "ansible-inventory" not in refused.value.hint
    keep(Secret.VAULT, VAULT_PASSWORD)
    assert seen((tmp_path / "again.yml").rename(tmp_path / "third.yml")) == {"far": ("far", 0, "operator")}


def test_the_vault_password_file_of_ansibles_settings_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text("lab: {hosts: {far: {}}}\n")
    encrypted(tmp_path / "host_vars/far.yml", "ansible_port: 2222\n")
    (tmp_path / "password").write_text(VAULT_PASSWORD)
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(tmp_path / "password"))
    assert seen(path) == {"far": ("far", 2222, "")}


@pytest.mark.parametrize("variable", ["ANSIBLE_VAULT_PASSWORD_FILE", "ANSIBLE_BECOME_PASSWORD_FILE"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ((None, 0), "was not found"),
        (("\n", 0o600), "password was provided from file"),
        (("#!/bin/sh\nexit 3\n", 0o700), "returned"),
    ],
    ids=["missing", "empty", "a program that fails"],
)
def test_a_file_that_should_hold_a_password_and_does_not_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, content: tuple[str | None, int], said: str
) -> None:
    text, mode = content
    path, password = tmp_path / "hosts.ini", tmp_path / "password"
    path.write_text("far\n")
    if text is not None:
        password.write_text(text)
        password.chmod(mode)
    monkeypatch.setenv(variable, str(password))
    with pytest.raises(ProviderError) as refused:
        seen(path)
    assert said in refused.value.cause
    assert refused.value.hint.startswith("have that file hold the password")


def test_a_variable_that_cannot_be_made_out_is_named_with_its_host(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text("lab: {hosts: {far: {ansible_user: '{{ nobody_said }}'}}}\n")
    with pytest.raises(ProviderError, match="cannot be read for far") as refused:
        seen(path)
    assert "nobody_said" in refused.value.cause
    assert refused.value.hint == f"ansible-inventory -i {path} --host far"


@pytest.mark.parametrize(
    ("second", "one"),
    [
        ("ansible_host: 192.0.2.1", True),
        ("ansible_host: 192.0.2.1, ansible_user: other", True),
        ("ansible_host: 192.0.2.1, ansible_port: 22", True),
        ("ansible_host: 192.0.2.1, ansible_port: 2222", False),
        ("ansible_host: 192.0.2.1, ansible_ssh_common_args: -J other-site", False),
        ("ansible_host: 192.0.2.2", False),
    ],
)
def test_two_names_of_one_machine_are_told(tmp_path: Path, second: str, one: bool) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text(f"all: {{hosts: {{a: {{ansible_host: 192.0.2.1}}, b: {{{second}}}}}}}\n")
    provider = OnpremProvider(OnpremSettings(inventory=path))
    if not one:
        assert [host.name for host in provider.find("lab")] == ["a", "b"]
        return
    with pytest.raises(ProviderError) as refused:
        provider.find("lab")
    assert refused.value.cause.startswith(f"a and b of {path} are one machine: 192.0.2.1")
    assert refused.value.hint == "leave one out: `limit: all:!b` under `onprem:`"
    assert [
        host.name for host in OnpremProvider(OnpremSettings(inventory=path, limit="all:!b")).find("lab")
    ] == ["a"]


def test_ssh_is_started_with_the_words_that_ansible_would_use(lab: Lab) -> None:
    path = lab.inventory(
        "all: {hosts: {far: {ansible_host: 192.0.2.1, ansible_user: me, ansible_ssh_private_key_file: @key}}}"
    )
    command = open_inventory(path).connection("far").ssh()
    assert command is not None
    assert (command.program, command.words[-1], command.environment) == ("ssh", "192.0.2.1", {})
    assert command.words[:2] == ("-o", "StrictHostKeyChecking=yes")
    assert f'IdentityFile="{lab.far.key}"' in command.words
    assert 'User="me"' in command.words


def test_a_password_of_a_connection_is_in_no_word_and_no_variable(lab: Lab) -> None:
    path = lab.inventory("all: {hosts: {far: {ansible_host: 192.0.2.1, ansible_password: sesame}}}")
    command = open_inventory(path).connection("far").ssh()
    assert command is not None
    assert "SSH_ASKPASS" in command.environment
    assert "sesame" not in f"{command.words} {command.environment} {command!r}"


def test_a_connection_that_is_not_ssh_has_no_ssh(tmp_path: Path) -> None:
    path = tmp_path / "hosts.yml"
    path.write_text("all: {hosts: {here: {ansible_connection: local}}}\n")
    at = open_inventory(path).connection("here")
    assert (at.kind, at.ssh()) == ("local", None)

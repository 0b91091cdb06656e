"""Hosts of an inventory that are not reached: what is seen, and what to type next, over real SSH and from ssh's words."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.ansible_hosts import open_inventory
from orchestrator.ansible_hosts.failures import Seen, failed_connection
from orchestrator.ansible_hosts.identity import key_problem
from orchestrator.errors import HostKeyError, UnreachableError
from orchestrator.remote import shell_of
from tests.unit.ansible_hosts.lab import Lab, host_of

DIRECT = """
all:
  hosts:
    far:
      ansible_host: 127.0.0.1
      ansible_port: @port
      ansible_user: operator
      ansible_ssh_private_key_file: @key
      ansible_ssh_args: -F @config
"""
THROUGH = DIRECT.replace("-F @config", "-F @config -J jump")


@pytest.fixture(autouse=True)
def _nobody_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """No agent of whoever runs the tests, and no question on their terminal."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An agent without keys."""
    path = str(tmp_path / "agent")
    said = subprocess.run(
        ("ssh-agent", "-s", "-a", path), check=True, capture_output=True, text=True, timeout=30
    ).stdout
    monkeypatch.setenv("SSH_AUTH_SOCK", path)
    yield path
    os.kill(int(said.partition("SSH_AGENT_PID=")[2].partition(";")[0]), signal.SIGTERM)


def refused(inventory: Path) -> UnreachableError:
    """What a command on `far` ends with."""
    with closing(shell_of(host_of(inventory), key=None)) as shell, pytest.raises(UnreachableError) as raised:
        shell.run(("true",))
    return raised.value


def with_passphrase(key: Path) -> None:
    argv = ("ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", str(key))
    subprocess.run(argv, check=True, capture_output=True, timeout=30)


def test_a_key_file_that_is_not_there_is_named(lab: Lab) -> None:
    error = refused(lab.inventory(DIRECT.replace("@key", "@key.old")))
    assert error.cause == (
        f"far: operator@127.0.0.1 is not let in: the key file {lab.far.key}.old is not there"
    )
    assert error.hint == "have ansible_ssh_private_key_file name the file that holds your private key"


def test_a_key_file_that_others_may_read_is_named_with_the_command_that_mends_it(lab: Lab) -> None:
    lab.far.key.chmod(0o644)
    inventory = lab.inventory(DIRECT)
    error = refused(inventory)
    assert "(mode 0644), so ssh does not use it" in error.cause
    assert error.hint == f"chmod 600 {lab.far.key}"
    subprocess.run(error.hint.split(), check=True, timeout=30)
    with closing(shell_of(host_of(inventory), key=None)) as shell:
        assert shell.run(("true",)).exit_code == 0


def test_a_key_with_a_passphrase_and_no_agent_is_named_with_the_command_that_adds_it(lab: Lab) -> None:
    with_passphrase(lab.far.key)
    error = refused(lab.inventory(DIRECT))
    assert f"the key file {lab.far.key} has a passphrase, and no agent has the key" in error.cause
    assert error.hint == f'eval "$(ssh-agent)" && ssh-add {lab.far.key}'


@pytest.mark.usefixtures("agent")
def test_a_key_with_a_passphrase_is_used_when_an_agent_has_it(lab: Lab) -> None:
    argv = ("ssh-add", "-q", str(lab.far.key))
    subprocess.run(argv, check=True, capture_output=True, timeout=30)
    with_passphrase(lab.far.key)
    with closing(shell_of(host_of(lab.inventory(DIRECT)), key=None)) as shell:
        assert shell.run(("true",)).exit_code == 0
    assert key_problem(lab.far.key) is None


@pytest.mark.usefixtures("agent")
def test_an_agent_without_the_key_is_told_from_none(lab: Lab) -> None:
    with_passphrase(lab.far.key)
    assert refused(lab.inventory(DIRECT)).hint == f"ssh-add {lab.far.key}"


def test_a_public_key_in_place_of_the_private_one_is_named(lab: Lab) -> None:
    public = lab.far.key.with_suffix(".pub")
    error = refused(lab.inventory(DIRECT.replace("@key", str(public))))
    assert f"{public} is not a private key of OpenSSH" in error.cause
    assert "the file without .pub at its end" in error.hint


def test_a_jump_host_that_does_not_know_the_key_is_told_from_the_host(lab: Lab) -> None:
    lab.config.write_text(lab.config.read_text().replace(str(lab.jump.key), str(lab.far.key)))
    error = refused(lab.inventory(THROUGH))
    assert error.cause == (
        "far is not reached through its jump host: gate@127.0.0.1: Permission denied (publickey)."
    )
    assert error.hint.startswith("name a key of the jump host as `IdentityFile`")


def test_a_host_that_does_not_know_the_key_is_told_from_its_jump_host(lab: Lab) -> None:
    error = refused(lab.inventory(THROUGH.replace("@key", str(lab.jump.key))))
    assert error.cause.startswith("far: operator@127.0.0.1 is not let in")
    assert "gate" in lab.jump.users


def test_a_jump_host_that_does_not_answer_is_named_with_its_port(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = server.getsockname()[1]
    lab.config.write_text(lab.config.read_text().replace(f"Port {lab.jump.port}", f"Port {nobody}"))
    error = refused(lab.inventory(THROUGH))
    assert error.cause.startswith("far is not reached through its jump host: ssh: connect to host 127.0.0.1")
    assert str(nobody) in error.cause
    assert error.hint.startswith("see that the jump host runs")


def test_a_jump_host_that_forwards_nothing_is_told(lab: Lab) -> None:
    lab.jump.forwards = False
    error = refused(lab.inventory(THROUGH))
    assert "administratively prohibited" in error.cause
    assert "`AllowTcpForwarding yes`" in error.hint


def test_a_port_that_is_wrong_behind_a_jump_host_is_told(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = server.getsockname()[1]
    error = refused(lab.inventory(THROUGH.replace("@port", str(nobody))))
    assert error.cause.startswith("far is not reached through its jump host: channel 0: open failed")
    assert error.hint == (
        "see that ansible_host and ansible_port of far are what the jump host has to connect to:"
        f" 127.0.0.1, port {nobody}"
    )


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (
            "ssh: Could not resolve hostname rack-7: Name or service not known",
            "teach rack-7 to DNS or /etc/hosts",
        ),
        ("ssh: connect to host rack-7 port 2222: Connection refused", "ansible_port has to say: 2222 now"),
        ("ssh: connect to host rack-7 port 2222: Connection timed out", "see that far is on"),
        ("ssh: connect to host rack-7 port 2222: No route to host", "no firewall or VPN between"),
        ("Connection closed by 10.0.0.7 port 2222", "see that `orchestrate ssh far` works"),
    ],
)
def test_a_host_that_is_not_reached_has_a_next_step_for_what_ssh_saw(lab: Lab, words: str, hint: str) -> None:
    inventory = lab.inventory("all: {hosts: {far: {ansible_host: rack-7, ansible_port: 2222}}}")
    at = open_inventory(inventory).connection("far")
    error = failed_connection(at, Seen(said=f"Failed to connect to the host via ssh: {words}"))
    assert error.cause == f"far is not reached at rack-7: {words}"
    assert hint in error.hint


def test_a_silent_proxy_before_a_server_whose_key_is_unknown_is_a_question_of_the_key(lab: Lab) -> None:
    at = open_inventory(lab.inventory("all: {hosts: {far: {ansible_host: rack-7}}}")).connection("far")
    error = failed_connection(at, Seen(said="Connection closed by UNKNOWN port 65535", unknown="gate"))
    assert isinstance(error, HostKeyError)
    assert error.cause == "far: no host key is on record for gate"

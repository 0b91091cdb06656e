"""Settings that would lock the operator out end with a failed play and a host that can still be reached."""

import json
from pathlib import Path

import pytest

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.playbook import kill_at, play
from tests.e2e.user import User

pytestmark = [pytest.mark.containers, pytest.mark.usefixtures("image_at_hand")]

ROLLBACK_S = 20
ELSEWHERE = {"ssh_server_allow_users": ["admin@192.0.2.1"], "ssh_server_rollback_s": ROLLBACK_S}
"""The operator is on the list, but not from this address: only a new connection can tell."""
UNREACHED_PORT = {"ssh_server_port": 2222, "ssh_server_rollback_s": ROLLBACK_S}


@pytest.mark.parametrize("shut_out", [ELSEWHERE, UNREACHED_PORT], ids=["user", "port"])
def test_settings_that_were_not_proved_are_taken_back(user: User, shut_out: dict[str, object]) -> None:
    inventory = launched(user)
    hardened = play(inventory, "harden-ssh.yml")
    assert hardened.code == 0, hardened.out

    refused = play(inventory, "harden-ssh.yml", "--extra-vars", json.dumps(shut_out))
    assert refused.code == 2, refused.out
    assert "the host has taken them back" in " ".join(refused.out.split())
    assert_hardened_and_reachable(user)

    again = play(inventory, "harden-ssh.yml")
    assert (again.code, again.changed) == (0, 0), again.out


def test_an_operator_who_is_not_on_the_list_is_told_before_anything_changes(user: User) -> None:
    inventory = launched(user)
    refused = play(inventory, "harden-ssh.yml", "--extra-vars", '{"ssh_server_allow_users": ["somebody"]}')
    assert refused.code == 2, refused.out
    assert "ssh_server_allow_users is somebody, without admin" in " ".join(refused.out.split())
    assert "ssh_server" not in user.run("ssh", user.fleet, "--", "ls", "/etc/ssh/sshd_config.d").out


def test_a_run_that_dies_on_probation_leaves_a_host_that_goes_back(user: User) -> None:
    inventory = launched(user)
    assert play(inventory, "harden-ssh.yml").code == 0
    kill_at("Prove a new connection", inventory, "harden-ssh.yml", "--extra-vars", json.dumps(ELSEWHERE))
    wait_for("the host to go back", lambda: reached(user), timeout_s=ROLLBACK_S * 3)
    assert_hardened_and_reachable(user)
    assert play(inventory, "harden-ssh.yml").code == 0


def launched(user: User) -> Path:
    """A host fresh from its image, and the inventory that reaches it."""
    up = user.run("up", "--until", "launch")
    assert up.code == 0, up.err
    return user.run_folder / "inventory.yml"


def reached(user: User) -> bool | NotYet:
    """Whether a new connection is let in."""
    said = user.run("ssh", user.fleet, "--", "true")
    return True if said.code == 0 else NotYet(said.err)


def assert_hardened_and_reachable(user: User) -> None:
    said = user.run("ssh", user.fleet, "--", "sudo", "sshd", "-T")
    assert said.code == 0, said.err
    settings = said.out.splitlines()
    assert "port 22" in settings
    assert "passwordauthentication no" in settings
    assert "loglevel VERBOSE" in settings
    assert not [line for line in settings if line.startswith("allowusers")]

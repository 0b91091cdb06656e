"""Commands on hosts of an inventory, over real SSH, through Ansible's connection and become plugins."""

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.ansible_hosts import Secret, keep, open_inventory
from orchestrator.errors import HostKeyError, SudoRefusedError, UnreachableError
from orchestrator.remote import Completed, shell_of
from orchestrator.remote.host_keys import fingerprint
from orchestrator.tunnel import SshTarget, Tunnel, local_port
from tests.unit.ansible_hosts.lab import PASSWORD, Lab, host_of

ALL = """
all:
  children:
    lab:
      hosts:
        far:
          ansible_port: "{{ 20000 - 20000 + @port }}"
      vars:
        ansible_host: 127.0.0.1
        ansible_user: "{{ team }}"
        ansible_ssh_private_key_file: @key
        ansible_ssh_common_args: -F @config
        ansible_ssh_extra_args: -o ProxyJump=jump
        ansible_become_exe: @sudo
    staff:
      hosts: {far: {}}
      vars: {team: operators}
"""
"""Key file, jump host, templates, two groups."""

WITH_PASSWORD = (
    f"{ALL}    secrets:\n      hosts: {{far: {{}}}}\n      vars: {{ansible_become_password: {PASSWORD}}}\n"
)
ID = ("sh", "-c", "echo became $BECAME; cat; echo warning >&2; exit 3")


def ran(inventory: Path, argv: tuple[str, ...], stdin: str = "") -> Completed:
    with closing(shell_of(host_of(inventory), key=None)) as shell:
        return shell.run(argv, stdin)


def ran_as_root(inventory: Path, argv: tuple[str, ...], stdin: str = "") -> Completed:
    with closing(shell_of(host_of(inventory), key=None)) as shell:
        return shell.run_as_root(argv, stdin)


def test_user_port_key_and_jump_host_are_those_of_the_inventory(lab: Lab) -> None:
    answer = ran(lab.inventory(ALL), ("sh", "-c", "cat; echo 'a b'; echo warning >&2; exit 7"), "given ")
    assert answer == Completed(exit_code=7, stdout="given a b\n", stderr="warning\n")
    assert "operators" in lab.far.users
    assert "gate" in lab.jump.users


def test_a_file_is_put_byte_by_byte(lab: Lab) -> None:
    content = bytes(range(256)) * 100
    with closing(shell_of(host_of(lab.inventory(ALL)), key=None)) as shell:
        shell.put(content, str(lab.folder / "put here"))
        shell.put(b"", str(lab.folder / "empty"))
    assert (lab.folder / "put here").read_bytes() == content
    assert (lab.folder / "empty").read_bytes() == b""


def test_root_is_made_by_become_with_the_password_of_the_inventory(lab: Lab) -> None:
    answer = ran_as_root(lab.inventory(WITH_PASSWORD), ID, "given\n")
    assert answer == Completed(exit_code=3, stdout="became root\ngiven\n", stderr="warning\n")
    assert ran_as_root(lab.inventory(WITH_PASSWORD), ID).stdout == "became root\n"


def test_a_become_password_that_was_typed_is_used(lab: Lab) -> None:
    keep(Secret.BECOME, PASSWORD)
    assert ran_as_root(lab.inventory(ALL), ID).stdout == "became root\n"


@pytest.mark.parametrize(
    ("inventory", "cause"),
    [
        (ALL, "operators cannot become root there: a password is asked for, and none was given"),
        (
            WITH_PASSWORD.replace(PASSWORD, "battery staple"),
            "operators cannot become root there: the password is wrong",
        ),
    ],
)
def test_a_password_that_is_missing_or_wrong_is_named_and_never_shown(
    lab: Lab, inventory: str, cause: str
) -> None:
    with pytest.raises(SudoRefusedError) as refused:
        ran_as_root(lab.inventory(inventory), ID)
    assert cause in refused.value.cause
    assert "--ask-become-pass" in refused.value.hint
    assert "battery staple" not in f"{refused.value.lines} {refused.value.__cause__}"


def test_a_sudo_that_wants_a_terminal_is_named_with_both_ways_out(lab: Lab) -> None:
    (lab.folder / "requiretty").touch()
    with pytest.raises(SudoRefusedError, match="requiretty") as refused:
        ran_as_root(lab.inventory(WITH_PASSWORD), ID)
    assert "visudo -f /etc/sudoers.d/90-orchestrate" in refused.value.hint
    assert "pipelining = False" in refused.value.hint


def test_without_pipelining_root_has_a_terminal_as_with_ansible_and_reads_what_it_is_given(lab: Lab) -> None:
    (lab.folder / "requiretty").touch()
    inventory = lab.inventory(
        WITH_PASSWORD.replace("ansible_host:", "ansible_pipelining: false\n        ansible_host:", 1)
    )
    answer = ran_as_root(inventory, ID, "given\n")
    assert (answer.exit_code, answer.stdout) == (3, "became root\ngiven\nwarning\n")
    assert ran_as_root(inventory, ("printf", "a b")).stdout == "a b"


@pytest.mark.parametrize("started", ["orchestrate", "/usr/local/bin/orchestrate", "-c"])
def test_a_password_of_ssh_is_typed_by_ansibles_own_askpass_whatever_was_started(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, started: str
) -> None:
    monkeypatch.setattr(sys, "argv", [started])
    monkeypatch.setenv("PATH", os.defpath)
    lab.far.password = "open sesame"
    inventory = lab.inventory(
        ALL.replace("ansible_host:", "ansible_password: open sesame\n        ansible_host:", 1)
    )
    assert ran(inventory, ("echo", "in")).stdout == "in\n"
    command = open_inventory(inventory).connection("far").ssh()
    assert command is not None
    alone = ("-o", "ControlMaster=no", "-o", "ControlPath=none")
    typed = (command.program, *alone, *command.words, "echo in")
    done = subprocess.run(
        typed, env=os.environ | command.environment, capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout) == (0, "in\n"), done.stderr


def test_a_tunnel_goes_through_the_jump_host_as_well(lab: Lab) -> None:
    command = open_inventory(lab.inventory(ALL)).connection("far").ssh()
    assert command is not None
    with socket.create_server(("127.0.0.1", 0)) as service:
        target = SshTarget(
            host="far",
            program=command.program,
            words=command.words,
            environment=command.environment,
            target=f"127.0.0.1:{service.getsockname()[1]}",
            run_folder=lab.folder,
            trust_hint="orchestrate trust far",
        )
        with (
            Tunnel(target, local_port(None, preferred=0), print) as tunnel,
            socket.create_connection(("127.0.0.1", tunnel.port), timeout=10) as near,
            service.accept()[0] as far,
        ):
            far.sendall(b"RFB 003.008\n")
            assert near.recv(12) == b"RFB 003.008\n"
    assert "gate" in lab.jump.users


def test_this_computer_is_reached_by_ansibles_local_connection(lab: Lab) -> None:
    inventory = lab.inventory(
        f"far ansible_connection=local ansible_become_exe=@sudo ansible_become_user=operator ansible_become_password='{PASSWORD}'\n",
        "hosts.ini",
    )
    assert ran(inventory, ("cat",), "given").stdout == "given"
    assert ran_as_root(inventory, ID).stdout == "became operator\n"


def test_become_that_is_switched_off_is_off(lab: Lab) -> None:
    inventory = lab.inventory(ALL.replace("team: operators", "team: operators, ansible_become: false"))
    assert ran_as_root(inventory, ID).stdout == "became\n"


@pytest.mark.parametrize(
    "loose",
    [
        ALL.replace("team: operators", "team: operators, ansible_host_key_checking: false"),
        ALL.replace("-F @config", "-F @config -o StrictHostKeyChecking=false"),
    ],
)
def test_a_host_whose_key_is_on_no_record_is_refused_whatever_the_inventory_says(
    lab: Lab, loose: str
) -> None:
    lab.remember(lab.jump)
    with pytest.raises(HostKeyError) as refused:
        ran(lab.inventory(loose), ("true",))
    assert refused.value.cause == f"far: no host key is on record for [127.0.0.1]:{lab.far.port}"
    assert refused.value.hint == "orchestrate trust far"
    assert str(lab.far.port) not in lab.known_hosts.read_text()


def test_a_jump_host_whose_key_is_on_no_record_is_named(lab: Lab) -> None:
    lab.remember(lab.far)
    with pytest.raises(HostKeyError) as refused:
        ran(lab.inventory(ALL), ("true",))
    assert refused.value.cause == f"far: no host key is on record for [127.0.0.1]:{lab.jump.port}"
    assert refused.value.hint == "orchestrate trust far"


def test_a_changed_key_is_refused_with_both_fingerprints(lab: Lab) -> None:
    lab.known_hosts.write_text(
        f"[127.0.0.1]:{lab.jump.port} {lab.jump.public_key}\n[127.0.0.1]:{lab.far.port} {lab.jump.public_key}\n"
    )
    with pytest.raises(HostKeyError) as refused:
        ran(lab.inventory(ALL), ("true",))
    assert f"shows host key {fingerprint(lab.far.public_key)}" in refused.value.cause
    assert f"on record is {fingerprint(lab.jump.public_key)}" in refused.value.cause


def test_a_key_that_changed_since_the_last_command_is_seen(lab: Lab) -> None:
    """Ansible's ssh stays open for a minute after a command; the next one would go through it unseen."""
    inventory = lab.inventory(ALL)
    assert ran(inventory, ("true",)).exit_code == 0
    lab.remember(lab.jump)
    with pytest.raises(HostKeyError):
        ran(inventory, ("true",))


def test_a_key_that_the_host_does_not_know_is_told_from_silence(lab: Lab) -> None:
    inventory = lab.inventory(ALL.replace("@key", str(lab.jump.key)))
    with pytest.raises(UnreachableError, match=r"operators@127\.0\.0\.1 is not let in"):
        ran(inventory, ("true",))


def test_an_example_is_told_to_be_one(lab: Lab) -> None:
    inventory = lab.inventory("all: {hosts: {far: {ansible_host: gpu-1.example}}}")
    with pytest.raises(UnreachableError, match="far is an example, and no host") as refused:
        ran(inventory, ("true",))
    assert "put your own hosts into the inventory" in refused.value.hint

"""`desktop` and `open` before any host is asked, and what they would open on this computer."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.cli.connect.hosts import TargetHost
from orchestrator.cli.connect.viewers import has_display, viewer_argv
from orchestrator.config import FleetSpec
from orchestrator.errors import ExitCode
from orchestrator.journal import Journal
from tests.unit.builders import host
from tests.unit.cli.typed import typed


@pytest.mark.parametrize("command", [("desktop",), ("open",), ("open", "lab-1", "notebook")])
def test_a_fleet_that_is_not_up_says_what_brings_it_up(tmp_path: Path, command: tuple[str, ...]) -> None:
    said = typed(tmp_path, *command, "--name", "lab")
    assert (said.returncode, said.stdout) == (ExitCode.USAGE, "")
    assert said.stderr.splitlines() == [
        "fleet lab has no hosts on record",
        "  try: orchestrate up --name lab",
    ]


def test_a_tool_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    said = typed(tmp_path, "open", "lab-1", "terminal")
    assert said.returncode == ExitCode.USAGE
    assert "'page', 'desktop', 'notebook', 'tensorboard'" in said.stderr


def test_a_port_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert typed(tmp_path, "desktop", "--port", "70000").returncode == ExitCode.USAGE


@pytest.mark.parametrize(
    ("platform", "installed", "argv"),
    [
        ("linux", ("vncviewer", "remmina"), ("vncviewer", "127.0.0.1::5901")),
        ("linux", ("remmina",), ("remmina", "-c", "vnc://127.0.0.1:5901")),
        ("linux", ("krdc",), ("krdc", "vnc://127.0.0.1:5901")),
        ("linux", (), ()),
        ("darwin", (), ("open", "vnc://127.0.0.1:5901")),
    ],
)
def test_the_viewer_that_is_installed_is_started(
    platform: str, installed: tuple[str, ...], argv: tuple[str, ...]
) -> None:
    assert viewer_argv(5901, platform, lambda name: name if name in installed else None) == argv


@pytest.mark.parametrize(
    ("platform", "environ", "seen"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("darwin", {}, True),
    ],
)
def test_a_window_opens_only_where_somebody_sees_it(
    platform: str, environ: dict[str, str], seen: bool
) -> None:
    assert has_display(environ, platform) is seen


def test_a_host_of_the_inventory_is_reached_before_anything_was_set_up_on_it(tmp_path: Path) -> None:
    lab = tmp_path / "inventories/lab"
    lab.mkdir(parents=True)
    (lab / "hosts.yml").write_text("all: {hosts: {here: {ansible_connection: local}}}")
    said = typed(tmp_path, "ssh", "here", "--", "echo", "a  b")
    assert (said.returncode, said.stdout) == (0, "a  b\n"), said.stderr
    assert "no hosts on record" in typed(tmp_path, "ssh", "there").stderr


def test_ssh_is_that_of_the_users_own_settings_of_ansible(tmp_path: Path) -> None:
    lab, program = tmp_path / "inventories/lab", tmp_path / "ssh"
    lab.mkdir(parents=True)
    (lab / "hosts.ini").write_text("far ansible_host=192.0.2.7\n")
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    (tmp_path / "ansible.cfg").write_text(
        f"[defaults]\nremote_user = operator\nprivate_key_file = {tmp_path}/key\n"
        f"[ssh_connection]\nssh_executable = {program}\nssh_common_args = -J gate\n"
    )
    said = typed(tmp_path, "ssh", "far", "--", "true")
    assert said.returncode == 0, said.stderr
    for words in ('User="operator"', f'IdentityFile="{tmp_path}/key"', "-J gate", "192.0.2.7 -- true"):
        assert words in said.stdout


def test_a_host_with_another_address_than_at_the_last_up_is_reached_at_it(tmp_path: Path) -> None:
    at = TargetHost(
        host=replace(host("lab-2", port=22), address="192.0.2.7"),
        spec=FleetSpec(name="lab"),
        journal=Journal("lab", tmp_path),
    )
    words = ("-F", str(at.journal.folder / "ssh_config"), "-o", "HostName=192.0.2.7", "-p", "22", "lab-2")
    assert at.ssh().words == words

"""What comes before an installation: one that was cut short, lists that are old, a lock of another apt, and what is kept."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import apt, decisions, record, state
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Owned
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

from tests.unit.roles.package_hosts import HALF, STATUS, host, programs, set_up, wish


@pytest.fixture(autouse=True)
def system(tmp_path: Path) -> Path:
    """A host's files."""
    return set_up(tmp_path)


@pytest.mark.parametrize(
    ("status", "update"),
    [(STATUS + HALF, ""), (STATUS.replace("install ok", "install reinstreq"), ""), (STATUS, "0001")],
)
def test_an_installation_that_was_cut_short_is_seen_and_finished(
    system: Path, monkeypatch: pytest.MonkeyPatch, status: str, update: str
) -> None:
    assert not record.unfinished()
    (system / "dpkg_status").write_text(status)
    monkeypatch.setattr(record, "DPKG_STATUS", system / "dpkg_status")
    (system / "updates").mkdir()
    if update:
        (system / "updates" / update).touch()
    calls = programs(system, monkeypatch, "dpkg", "apt-get")
    answer = state.bring_about(wish(), write=False)
    assert answer.done == ["finished an installation that was cut short"]
    assert answer.diff == [{"prepared": "finished an installation that was cut short\n"}]
    assert not calls.exists()
    apt.repair()
    first, last = calls.read_text().splitlines()
    assert first == "dpkg --configure --pending --force-confdef --force-confold"
    assert last.endswith("--fix-broken install"), "dpkg alone did not finish it"


def test_lists_that_are_older_than_the_sources_or_gone_are_fetched_once(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = programs(system, monkeypatch, "apt-get")
    assert state.bring_about(wish("libcuda1", update_cache=True), write=True).done == [], (
        "there are no sources"
    )
    (system / "sources/sources.list.d/mirror.sources").write_text("Types: deb\n")
    assert state.bring_about(wish("libcuda1", update_cache=True), write=False).done == [
        "fetched the package lists"
    ]
    (system / "lists/mirror_Release").touch()
    os.utime(system / "lists", (1, 1))
    assert state.bring_about(wish("libcuda1"), write=False).done == []
    assert state.bring_about(wish("libcuda1", update_cache=True), write=True).done == [
        "fetched the package lists"
    ]
    assert calls.read_text().endswith("APT::Update::Error-Mode=any update\n")
    assert state.bring_about(wish("libcuda1", update_cache=True), write=True).done == []


def test_lists_that_could_not_be_fetched_are_fetched_by_the_next_run(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(system, monkeypatch, "apt-get")
    (system / "bin/apt-get").write_text(
        f"#!/bin/sh\ntouch {system}/lists/half\necho 'E: Failed to fetch x'\nexit 100\n"
    )
    (system / "sources/sources.list").write_text("deb http://deb.example stable main\n")
    for _ in range(2):
        with pytest.raises(HostError, match="the package server does not answer: Failed to fetch x"):
            state.bring_about(wish("libcuda1", update_cache=True), write=True)


def test_a_lock_that_another_apt_holds_is_waited_for(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt._wait_for(system / "none", time.monotonic())
    (system / "lock").touch()
    monkeypatch.setattr(apt, "PAUSE_S", 0.01)
    program = "import fcntl,sys; f=open(sys.argv[1],'r+b'); fcntl.lockf(f,2); print(flush=True); input()"
    with subprocess.Popen(
        (sys.executable, "-c", program, system / "lock"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdin
        assert other.stdout
        other.stdout.readline()
        begun = time.monotonic()
        threading.Timer(0.2, other.stdin.close).start()
        apt._wait_for(system / "lock", time.monotonic() + 30)
        assert time.monotonic() - begun > 0.1


LOCKED = "E: Could not get lock {lock}. It is held by process 1203 (unattended-upgr)\nE: Unable to lock the download directory"


def test_apt_runs_again_once_another_apt_has_let_go_of_its_lock(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apt, "PAUSE_S", 0.01)
    calls = programs(system, monkeypatch, "apt-get")
    failing = f'[ -e {system}/tried ] || {{ touch {system}/tried; echo "{LOCKED.format(lock=system / "lock")}" >&2; exit 100; }}\n'
    with (system / "bin/apt-get").open("a") as program:
        program.write(failing)
    apt.apt_get("install", "less")
    assert len(calls.read_text().splitlines()) == 2


def test_who_holds_apts_lock_is_said_in_the_end(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "LOCK_TIMEOUT_S", -1.0)
    programs(system, monkeypatch, "apt-get")
    (system / "bin/apt-get").write_text(
        f"#!/bin/sh\necho '{LOCKED.format(lock='/var/lib/dpkg/lock-frontend')}' >&2\nexit 100\n"
    )
    with pytest.raises(HostError) as raised:
        apt.apt_get("install", "less")
    assert str(raised.value).startswith(
        "another program is installing packages on this host, and has apt's lock: "
        "Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1203 (unattended-upgr)\n  try: wait until"
    )


def test_every_run_of_apt_keeps_needrestart_from_restarting_services(
    system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = programs(system, monkeypatch, "apt-get", "dpkg")
    for name in ("apt-get", "dpkg"):
        (system / "bin" / name).write_text(f'#!/bin/sh\necho "$NEEDRESTART_SUSPEND" >>{calls}\n')
    apt.update()
    apt.apt_get("install", "less")
    apt.repair()
    assert {*calls.read_text().splitlines()} == {"1"}


def test_what_a_role_leaves_is_not_handed_to_one_that_keeps_everything() -> None:
    records = {
        "base": Owned(("curl", "gcc"), keep=True),
        "cuda": Owned((), ("gcc",)),
        "vnc": Owned(("xvfb",)),
    }
    handed = decisions.handed_over(records, "cuda", ("gcc",))
    assert handed == {"base": records["base"], "vnc": Owned(("xvfb",), ("gcc",))}


def test_what_is_kept_is_never_a_candidate_for_removal(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = programs(system, monkeypatch, "apt-get", "apt-cache", "apt-mark")
    assert state.bring_about(wish("libcuda1", keep=True), write=True).done == []
    assert record.read("cuda") == {"cuda": Owned(("libcuda1",), keep=True)}, "so other roles leave it alone"
    assert (
        decisions.candidates(
            Wish("other"), {"other": Owned((), ("libcuda1",)), **record.read("cuda")}, host("libcuda1")
        )
        == []
    )
    assert state.bring_about(wish(keep=True), write=True).done == []
    assert not record.RECORD.exists()
    assert not calls.exists()

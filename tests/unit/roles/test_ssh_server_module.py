"""The module of the SSH server: which files change, in which order, and how it goes back."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server import (
    changes,
    key_material,
    restore,
    state,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Server
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import settings
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.host import candidate

from tests.unit.roles.host_programs import Host, host_with_programs
from tests.unit.roles.ssh_hosts import DEBIAN, SETTINGS, facts, wish

SSHD = """\
[ ! -e "$STATE/refuses" ] || { echo "line 1: Bad configuration option" >&2; exit 255; }
"""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A host whose /etc/ssh is a folder of the test, and whose sshd is served by systemd."""
    ssh = tmp_path / "ssh"
    (ssh / "sshd_config.d").mkdir(parents=True)
    (ssh / "sshd_config").write_text(DEBIAN, encoding="utf-8")
    for name, path in {
        "PREVIOUS": ssh / "previous",
        "PREVIOUS_MAIN": ssh / "previous-main",
        "PREVIOUS_SOCKET": ssh / "previous-socket",
        "RESTORE": tmp_path / "restore.py",
        "UNITS": tmp_path / "units",
    }.items():
        monkeypatch.setattr(changes, name, path)
    monkeypatch.setattr(settings, "FILE", ssh / "sshd_config.d/00-00-ssh_server.conf")
    monkeypatch.setattr(settings, "MAIN", ssh / "sshd_config")
    monkeypatch.setattr(candidate, "SSHD", "sshd")
    monkeypatch.setattr(restore, "ANSWER_TIMEOUT_S", 0.1)
    return host_with_programs(tmp_path, monkeypatch, sshd=SSHD)


def changed(seen: Any, *, write: bool = True, **given: Any) -> Answer:
    """The answer to a change, on a host with these facts."""
    answer = state.new_answer()
    state.change(wish(**given), seen, answer, write_all=write)
    return answer


def test_check_mode_shows_the_settings_and_writes_nothing(host: Host) -> None:
    answer = changed(facts(), write=False)
    assert [(one["after_header"], one["after"]) for one in answer.diff] == [(str(settings.FILE), SETTINGS)]
    assert not settings.FILE.exists()
    assert not changes.PREVIOUS.exists()
    assert host.calls == []


def test_the_rollback_is_armed_before_settings_are_loaded_and_gone_once_they_are_confirmed(
    host: Host,
) -> None:
    answer = changed(facts())
    assert answer.more["unconfirmed"]
    assert host.called("systemd-run") < host.called("sshd -t") < host.called("systemctl reload-or-restart")
    assert settings.FILE.read_text(encoding="utf-8") == SETTINGS
    assert changes.PREVIOUS.read_text(encoding="utf-8") == ""
    state.confirm([22], local=False, write_all=True)
    assert not host.has("timer")
    assert [path for path in (changes.PREVIOUS, changes.RESTORE) if path.exists()] == []


def test_settings_that_sshd_refuses_are_gone_at_once(host: Host) -> None:
    settings.FILE.write_text("LogLevel INFO\n", encoding="utf-8")
    host.say("refuses")
    with pytest.raises(HostError, match="Bad configuration option"):
        changed(facts(server=Server(program="sshd")))
    assert settings.FILE.read_text(encoding="utf-8") == "LogLevel INFO\n"
    assert not changes.PREVIOUS.exists()
    assert not host.has("timer")


def test_settings_that_were_never_confirmed_are_not_what_a_later_run_goes_back_to(host: Host) -> None:
    settings.FILE.write_text("LogLevel INFO\n", encoding="utf-8")
    changed(facts())
    changed(facts(), settings="LogLevel DEBUG\n")
    assert changes.PREVIOUS.read_text(encoding="utf-8") == "LogLevel INFO\n"


def test_what_is_confirmed_after_the_host_went_back_is_an_error(host: Host) -> None:
    changed(facts())
    changes.PREVIOUS.unlink()
    with pytest.raises(HostError, match="too late"):
        state.confirm([22], local=False, write_all=True)


def test_a_server_on_the_computer_itself_that_does_not_answer_is_not_confirmed(host: Host) -> None:
    changed(facts())
    with pytest.raises(HostError, match="no server of SSH greets at port 1"):
        state.confirm([1], local=True, write_all=True)
    assert changes.PREVIOUS.exists()


def test_the_line_in_sshd_config_comes_and_goes_and_its_mode_stays(host: Host) -> None:
    settings.MAIN.write_text("UsePAM yes\n", encoding="utf-8")
    settings.MAIN.chmod(0o600)
    bare = facts(files=((str(settings.MAIN), "UsePAM yes\n"),), is_included=False)
    changed(bare, add_include=True)
    assert settings.MAIN.read_text(encoding="utf-8") == f"Include {settings.FILE}\nUsePAM yes\n"
    state.confirm([22], local=False, write_all=True)
    changed(bare, settings="")
    assert settings.MAIN.read_text(encoding="utf-8") == "UsePAM yes\n"
    assert settings.MAIN.stat().st_mode & 0o777 == 0o600
    assert not settings.FILE.exists()


def test_a_port_is_written_where_systemds_socket_reads_it_and_goes_back_with_the_rest(host: Host) -> None:
    serving = Server(program="systemd", socket="ssh.socket")
    changed(facts(server=serving), port=2222)
    drop_in = changes.UNITS / "ssh.socket.d/ssh_server.conf"
    assert drop_in.read_text(encoding="utf-8").endswith("[Socket]\nListenStream=\nListenStream=2222\n")
    assert "systemctl restart ssh.socket" in host.calls
    subprocess.run((sys.executable, str(changes.RESTORE), plan_in(host)), check=False)
    assert drop_in.read_text(encoding="utf-8") == ""
    assert settings.FILE.read_text(encoding="utf-8") == ""
    assert not changes.PREVIOUS.exists()
    assert not changes.RESTORE.exists()


def plan_in(host: Host) -> str:
    """What the timer hands the program that goes back."""
    call = host.calls[host.called("systemd-run")]
    return call[call.index("{") :]


def test_small_groups_are_left_out() -> None:
    listed = "# Time Type Tests Tries Size Generator Modulus\n1 2 6 100 2047 2 AA\n1 2 6 100 3071 2 BB\n1 2 6 100 4095 5 CC\n"
    assert key_material.large_groups(listed) == "1 2 6 100 3071 2 BB\n1 2 6 100 4095 5 CC\n"

"""Which engine is configured how, when Docker is restarted, and when the specification of the cards is written anew."""

import json
from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.container_toolkit import (
    engines,
    json_text,
    specification,
    state,
    toml_text,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.container_toolkit.engines import Docker
from ansible_collections.orchestrate.gpu.plugins.module_utils.container_toolkit.state import Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

NEWER, OLDER = (26, 1), (20, 10)
INFO = {
    "ServerVersion": "26.1.5+dfsg1",
    "CDISpecDirs": ["/etc/cdi", "/var/run/cdi"],
    "Runtimes": {"runc": {}, "nvidia": {}},
    "ContainersRunning": 2,
    "LiveRestoreEnabled": True,
}


class Host:
    """A host's files in a folder, and engines that do what they are told."""

    def __init__(self, folder: Path) -> None:
        self.docker: Docker | None = None
        self.podman: engines.Version | None = None
        self.called: list[str] = []
        self.daemon = folder / "docker/daemon.json"
        self.runtime = folder / "runtime/config.toml"
        self.dev = folder / "dev"
        self.dev.mkdir()

    def systemctl(self, *words: str) -> None:
        self.called.append(" ".join(words))

    def bring_about(self, *, present: bool = True, write: bool = True, **given: Any) -> Any:
        return state.bring_about(Wish(present=present, **given), write=write)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    host = Host(tmp_path)
    monkeypatch.setattr(state, "DOCKER_FILE", host.daemon)
    monkeypatch.setattr(state, "RUNTIME_FILE", host.runtime)
    monkeypatch.setattr(state, "LANGUAGES", {host.daemon: json_text, host.runtime: toml_text})
    monkeypatch.setattr(state, "RECORD", tmp_path / "record.json")
    monkeypatch.setattr(state, "TOOLKIT", tmp_path / "nvidia-ctk")
    monkeypatch.setattr(state, "SETTLE_S", 0.0)
    monkeypatch.setattr(state, "systemctl", host.systemctl)
    monkeypatch.setattr(specification, "FILES", (tmp_path / "run/nvidia.yaml", tmp_path / "etc/nvidia.yaml"))
    monkeypatch.setattr(specification, "NODES", host.dev)
    monkeypatch.setattr(specification, "LOADED", tmp_path / "version")
    monkeypatch.setattr(engines, "docker", lambda: host.docker)
    monkeypatch.setattr(engines, "podman", lambda: host.podman)
    monkeypatch.setattr(files, "_ids", lambda _wish: (tmp_path.stat().st_uid, tmp_path.stat().st_gid))
    return host


def test_docker_that_reads_specifications_is_told_to_and_restarted_while_nothing_runs(host: Host) -> None:
    host.docker = Docker(version=NEWER, running=True)
    answer = host.bring_about()
    assert json.loads(host.daemon.read_text()) == {"features": {"cdi": True}}
    assert host.called == ["restart docker.service"]
    assert not host.runtime.exists()
    host.docker = Docker(version=NEWER, running=True, reads_cdi=True)
    assert host.bring_about().done == []
    assert answer.more["says"] == [
        "there is no CDI specification: it comes with the driver, which is not loaded yet"
    ]


def test_an_older_docker_has_the_runtime_in_mode_cdi_and_reads_that_without_a_restart(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Docker(version=OLDER, running=True, containers=3, runtimes=frozenset({"nvidia"}))
    monkeypatch.setattr(state, "SETTLE_S", 5.0)
    monkeypatch.setattr(state, "systemctl", lambda *_words: setattr(host, "docker", known))
    host.docker = Docker(version=OLDER, running=True, containers=3)
    host.runtime.parent.mkdir()
    host.runtime.write_text('[nvidia-container-runtime]\nmode = "auto"\n')
    assert "systemctl reload docker.service" in host.bring_about().done
    assert json.loads(host.daemon.read_text()) == {
        "runtimes": {"nvidia": {"path": "nvidia-container-runtime"}}
    }
    assert host.runtime.read_text() == '[nvidia-container-runtime]\nmode = "cdi"\n'


def test_an_older_docker_forgets_a_runtime_only_when_it_is_restarted(host: Host) -> None:
    host.docker = Docker(version=OLDER)
    host.bring_about()
    host.docker = Docker(version=OLDER, running=True, runtimes=frozenset({"nvidia"}))
    assert "systemctl restart docker.service" in host.bring_about(present=False).done
    assert not host.daemon.exists()


def test_an_older_docker_that_does_not_read_its_settings_is_an_error(host: Host) -> None:
    host.docker = Docker(version=OLDER, running=True)
    with pytest.raises(HostError, match=r"has not read .*\n  try: journalctl -u docker.service"):
        host.bring_about()


@pytest.mark.parametrize(
    ("docker", "restart", "why"),
    [
        (Docker(NEWER, running=True), "idle", ""),
        (Docker(NEWER, running=True, containers=1), "idle", "1 container would end, live-restore being off"),
        (Docker(NEWER, running=True, containers=2), "idle", "2 containers would end, live-restore being off"),
        (Docker(NEWER, running=True, containers=2, live_restore=True), "idle", ""),
        (Docker(NEWER, running=True, containers=2), "always", ""),
        (Docker(NEWER, running=True), "never", "container_toolkit_docker_restart is never"),
    ],
)
def test_docker_is_restarted_where_no_container_ends_for_it_or_it_is_said(
    docker: Docker, restart: str, why: str
) -> None:
    assert state.obstacle(docker, restart) == why


def test_what_cannot_be_restarted_is_said_each_time_and_changes_nothing(host: Host) -> None:
    host.docker = Docker(version=NEWER, running=True, containers=1)
    first, second = host.bring_about(), host.bring_about()
    assert host.called == []
    assert second.done == []
    for answer in (first, second):
        assert answer.more["says"][0] == (
            "Docker reads the CDI specification once it is restarted, and 1 container would end, live-restore being off: "
            "sudo systemctl restart docker"
        )


def test_docker_that_does_not_run_is_left_so(host: Host) -> None:
    host.docker = Docker(version=NEWER)
    assert host.bring_about().done[-1] == f"wrote {host.daemon}"
    assert host.called == []


def test_what_was_there_comes_back_with_its_mode(host: Host) -> None:
    host.docker = Docker(version=NEWER, running=True, reads_cdi=True)
    host.daemon.parent.mkdir()
    host.daemon.write_text('{"debug":true}')
    host.daemon.chmod(0o600)
    host.bring_about()
    assert "cdi" in host.daemon.read_text()
    host.bring_about(present=False)
    assert host.daemon.read_text() == '{"debug":true}'
    assert host.daemon.stat().st_mode & 0o777 == 0o600
    assert not state.RECORD.exists()
    assert host.bring_about(present=False).done == []


def test_a_run_that_was_killed_after_its_record_is_gone_on_with(host: Host) -> None:
    host.docker = Docker(version=NEWER)
    host.daemon.parent.mkdir()
    host.daemon.write_text('{"debug":true}')
    host.bring_about()
    made = host.daemon.read_text()
    host.daemon.write_text('{"debug":true}')  # as before the file was written, the record being there
    host.bring_about()
    assert host.daemon.read_text() == made
    host.bring_about(present=False)
    assert host.daemon.read_text() == '{"debug":true}'


def test_check_mode_says_the_same_and_writes_nothing(host: Host, tmp_path: Path) -> None:
    host.docker = Docker(version=NEWER, running=True)
    (host.dev / "nvidia0").touch()
    before = sorted(tmp_path.rglob("*"))
    told = host.bring_about(write=False)
    assert sorted(tmp_path.rglob("*")) == before
    assert host.called == []
    assert [line for line in told.done if "folder" not in line] == [
        f"wrote {host.daemon}",
        "systemctl restart docker.service",
        f"wrote {specification.FILES[0]}",
    ]


def test_a_file_of_docker_that_is_no_json_is_refused_with_its_place(host: Host) -> None:
    host.docker = Docker(version=NEWER)
    host.daemon.parent.mkdir()
    host.daemon.write_text("{,}")
    with pytest.raises(HostError, match=r"daemon.json is no object of JSON: .*line 1.*\n  try: mend it"):
        host.bring_about()
    assert host.daemon.read_text() == "{,}"


def test_what_a_toolkit_wrote_goes_where_the_toolkit_is_gone(host: Host) -> None:
    for path in (host.runtime, specification.FILES[0]):
        path.parent.mkdir()
        path.write_text("x")
    state.TOOLKIT.touch()
    assert host.bring_about(present=False).done == []
    state.TOOLKIT.unlink()
    host.bring_about(present=False)
    assert not host.runtime.parent.exists()
    assert not specification.FILES[0].parent.exists()


def test_an_engine_that_reads_no_specification_or_none_at_all_is_said() -> None:
    assert state.said_of(None, (4, 3)) == []
    assert state.said_of(None, (3, 4)) == ["Podman 3.4 reads no CDI specification; 4.1 and later do"]
    (said,) = state.said_of(None, None)
    assert "set container_toolkit_engine to docker or podman" in said


def test_what_docker_says_of_itself_is_read() -> None:
    assert engines.docker_of((26, 1), INFO) == Docker(
        version=(26, 1),
        running=True,
        reads_cdi=True,
        runtimes=frozenset({"runc", "nvidia"}),
        containers=2,
        live_restore=True,
    )
    assert engines.docker_of((26, 1), {}) == Docker(version=(26, 1))
    assert engines.version_in("Docker version 20.10.24+dfsg1, build 297e128") == (20, 10)
    assert engines.version_in("podman version 4.3.1") == (4, 3)
    assert engines.version_in("") is None


def test_a_specification_that_the_service_does_not_write_is_an_error_where_cards_are(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(argv: Sequence[str]) -> CompletedProcess[str]:
        return CompletedProcess(argv, 1 if argv[0] == "systemctl" else 0, "no libcuda\n", "")

    monkeypatch.setattr(specification, "run", run)
    (host.dev / "nvidia0").touch()
    with pytest.raises(
        HostError, match=r"no CDI specification: nvidia-cdi-refresh.service failed \(no libcuda\)"
    ):
        host.bring_about()


def test_a_host_that_is_meant_to_have_no_driver_is_not_spoken_of(host: Host) -> None:
    host.podman = (5, 4)
    assert host.bring_about(forced=True).more["says"] == []

"""Jobs in containers: which engine runs them, the words it is given, and that none of them gives more than the job's user has."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from gpuhost.leases.client import run as client
from gpuhost.leases.containers import command, docker, engines, start
from gpuhost.leases.containers.engines import NoContainerError
from gpuhost.leases.containers.values import Container
from gpuhost.leases.daemon import host
from gpuhost.leases.daemon.units import Confinement, start_argv
from gpuhost.leases.devices.leasable import Found
from gpuhost.leases.policy.values import MPS
from tests.unit.gpuhost.leases.samples import HOUR, NOW, device, job

NEWER = docker.Daemon(version=(26, 1), reads_cdi=True, has_runtime=False, systemd_groups=True)
OLDER = docker.Daemon(version=(20, 10), reads_cdi=False, has_runtime=True, systemd_groups=False)
ONE = Container(
    number=7,
    engine="docker",
    image="bb:1",
    folder="/home/anna/a, b",
    uid=1001,
    gid=1001,
    user="anna",
    devices=("GPU-0", "GPU-1"),
)
PLACES = {
    "folder": "/run/orchestrate-containers/7",
    "environment": "/proc/self/fd/6",
    "id": "/jobs/7/id",
    "unit": "/a.service",
}
RUNNING = replace(job(7), ends_at=NOW + HOUR, devices=("GPU-0",), image="bb:1", engine="docker")


def words(daemon: docker.Daemon = NEWER, container: Container = ONE) -> list[str]:
    return list(command.docker_argv(container, daemon, (27, 28), PLACES, ("python", "--version")))


def after(said: list[str], option: str) -> list[str]:
    return [said[at + 1] for at, word in enumerate(said) if word == option]


def test_a_container_is_its_users_and_cannot_become_more() -> None:
    said = words()
    assert after(said, "--user") == ["1001:1001"]
    assert after(said, "--group-add") == ["27", "28"]
    assert after(said, "--cap-drop") == ["ALL"]
    assert "no-new-privileges" in after(said, "--security-opt")
    assert not {"--privileged", "--cap-add", "--volume"} & set(said)


def test_it_has_the_leases_cards_alone_and_its_own_folder() -> None:
    said = words()
    assert after(said, "--device") == ["nvidia.com/gpu=GPU-0", "nvidia.com/gpu=GPU-1"]
    assert after(said, "--mount") == [
        'type=bind,source=/run/orchestrate-containers/7,"target=/home/anna/a, b"'
    ]
    assert after(said, "--workdir") == ["/home/anna/a, b"]
    assert after(words(container=replace(ONE, devices=())), "--device") == []


def test_its_words_come_after_the_image_and_no_variable_is_among_them() -> None:
    said = words()
    assert said[-3:] == ["bb:1", "python", "--version"]
    assert after(said, "--env-file") == ["/proc/self/fd/6"]
    assert "--env" not in said


def test_an_older_docker_has_the_cards_of_nvidias_runtime() -> None:
    said = words(OLDER)
    assert (after(said, "--runtime"), after(said, "--device")) == (["nvidia"], [])
    told = command.variables(ONE, {"A": "1"}, {"CUDA_VISIBLE_DEVICES": "GPU-0,GPU-1"}, OLDER)
    assert told["NVIDIA_VISIBLE_DEVICES"] == "GPU-0,GPU-1"
    without = replace(ONE, devices=())
    assert command.variables(without, {}, {}, OLDER)["NVIDIA_VISIBLE_DEVICES"] == "void"
    assert after(words(OLDER, without), "--runtime") == []


def test_its_processes_are_where_the_leases_look_for_them() -> None:
    assert after(words(), "--cgroup-parent") == ["orchestrate-run.slice"]
    assert after(words(OLDER), "--cgroup-parent") == ["/a.service"]


def test_a_control_group_is_the_units_where_that_can_be() -> None:
    unit = "/orchestrate.slice/orchestrate-run.slice/orchestrate-run-7.service"
    elsewhere = "/orchestrate-containers/orchestrate-run-7.service"
    assert start.group(7, f"2:devices:/x\n1:name=systemd:{unit}\n0::{unit}\n") == unit
    assert start.group(7, f"9:name=systemd:/\n1:cpu:/x\n0::{unit}\n") == unit
    assert start.group(7, f"0::{unit}\n") == elsewhere
    assert start.group(7, "") == elsewhere


def test_the_lease_wins_over_what_its_user_says_of_the_cards() -> None:
    told = command.variables(ONE, {"CUDA_VISIBLE_DEVICES": "0"}, {"CUDA_VISIBLE_DEVICES": "GPU-0"}, NEWER)
    assert told["CUDA_VISIBLE_DEVICES"] == "GPU-0"
    assert (told["HOME"], told["USER"]) == (command.HOME, "anna")
    assert "NVIDIA_VISIBLE_DEVICES" not in told


def test_podman_keeps_its_processes_in_the_jobs_unit_and_the_users_number() -> None:
    said = list(command.podman_argv(replace(ONE, engine="podman"), ("HOME", "A"), ("true",), init=False))
    assert (after(said, "--cgroups"), after(said, "--userns")) == (["split"], ["keep-id"])
    assert after(said, "--env") == ["HOME=/tmp", "A"], "values are in no command line"
    assert "--init" not in said


def test_a_share_of_a_card_has_the_way_to_its_server() -> None:
    share = Found(
        device=replace(device(0), id="GPU-0#1", card="GPU-0", kind=MPS),
        nodes=(),
        utilization_percent=0,
        visible="GPU-0",
    )
    made = host.container(RUNNING, (share, share))
    assert (made.devices, made.pipes.endswith("/GPU-0")) == (("GPU-0",), True)
    assert len(after(words(container=made), "--mount")) == 2


def test_docker_is_spoken_to_by_root_and_its_container_removed_after_the_unit() -> None:
    argv = start_argv(RUNNING, Confinement(allowed=()), NOW)
    assert not any(word.startswith("--uid=") for word in argv)
    assert argv[-2] == "contain"
    assert "--property=KillSignal=SIGKILL" in argv
    podman = start_argv(replace(RUNNING, engine="podman"), Confinement(allowed=()), NOW)
    assert {"--uid=1001", "--property=DevicePolicy=closed", "--property=Delegate=yes"} < set(podman)


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host with Docker and Podman, and a folder for what describes its cards."""
    monkeypatch.setattr("gpuhost.leases.containers.engines.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(engines, "SPECIFICATIONS", (tmp_path,))
    monkeypatch.setattr(docker, "daemon", lambda: NEWER)
    (tmp_path / "nvidia.yaml").write_text("name: GPU-0\n")
    return tmp_path


@pytest.mark.usefixtures("there")
def test_podman_is_taken_where_nobody_says_else() -> None:
    assert engines.chosen("bb:1", "", cards=True) == "podman"
    assert engines.chosen("registry.example:5000/a/b@sha256:0", "docker", cards=True) == "docker"


@pytest.mark.parametrize("image", ["--privileged", "", "a b", "-v/:/host", "a;b", "a" * 300])
def test_what_is_no_image_is_refused(image: str) -> None:
    with pytest.raises(NoContainerError, match="is no image\n  try: --image"):
        engines.chosen(image, "", cards=False)


def test_what_is_missing_is_said_with_what_to_do(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blank = replace(NEWER, reads_cdi=False)
    monkeypatch.setattr(docker, "daemon", lambda: blank)
    with pytest.raises(
        NoContainerError, match=r"not set up to give containers cards\n  try: role container_toolkit"
    ):
        engines.chosen("bb:1", "docker", cards=True)
    assert engines.chosen("bb:1", "docker", cards=False) == "docker"
    monkeypatch.setattr(docker, "daemon", lambda: None)
    with pytest.raises(NoContainerError, match="Docker does not answer"):
        engines.chosen("bb:1", "docker", cards=False)
    (there / "nvidia.yaml").unlink()
    with pytest.raises(NoContainerError, match="no CDI specification"):
        engines.chosen("bb:1", "podman", cards=True)
    with pytest.raises(NoContainerError, match="lxc is no engine"):
        engines.chosen("bb:1", "lxc", cards=True)
    monkeypatch.setattr(
        "gpuhost.leases.containers.engines.shutil.which", lambda name: name if name == "podman" else None
    )
    with pytest.raises(NoContainerError, match="docker is not on this host\n  try: --engine podman"):
        engines.chosen("bb:1", "docker", cards=False)
    monkeypatch.setattr("gpuhost.leases.containers.engines.shutil.which", lambda _name: None)
    with pytest.raises(NoContainerError, match="no container engine is on this host"):
        engines.chosen("bb:1", "", cards=False)


def test_a_card_that_the_engine_does_not_know_is_named(
    there: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gpuhost.leases.containers.start.shutil.which", lambda _name: None)
    lease = {"lines": ["job 7"], "environment": {}, "container": asdict(ONE)}
    (there / "7").mkdir()
    (there / "7/lease.json").write_text(json.dumps(lease))
    assert start.contain(there / "7") == 125
    said = capsys.readouterr().err
    assert said.startswith(
        "gpuhost: job 7\ngpuhost: the CDI specification of this host has no GPU-1\n  try: "
    )


def test_what_docker_says_of_itself_is_read() -> None:
    info = {"ServerVersion": "26.1.5+dfsg1", "CDISpecDirs": ["/etc/cdi"], "CgroupDriver": "systemd"}
    assert docker.parse(info) == NEWER
    assert (
        docker.parse({"ServerVersion": "20.10.24", "Runtimes": {"nvidia": {}}, "CDISpecDirs": None}) == OLDER
    )
    assert docker.parse({}) is None


def test_a_containers_scope_is_known_once_docker_has_made_it(tmp_path: Path) -> None:
    assert start.scopes(tmp_path) == frozenset()
    (tmp_path / "container.id").write_text("abc")
    assert start.scopes(tmp_path) == {"docker-abc.scope"}


def test_in_a_container_those_variables_are_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANTED", "1")
    parsed = client._parser().parse_args(["--image", "bb:1", "--env", "WANTED", "true"])
    assert client.order(parsed, ["true"])["environment"] == {"WANTED": "1"}
    missing = client._parser().parse_args(["--image", "bb:1", "--env", "NOT_SET_HERE", "true"])
    with pytest.raises(ValueError, match="NOT_SET_HERE is not set here"):
        client.order(missing, ["true"])
    assert "PATH" in client.order(client._parser().parse_args(["true"]), ["true"])["environment"]  # type: ignore[operator]

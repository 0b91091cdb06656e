"""Which engine answers, and how it is asked. The programs are small scripts on the PATH."""

import json
from pathlib import Path

import pytest

from orchestrator.errors import EngineMissingError, ProviderError
from orchestrator.providers.sandbox.engine import Engine, detect
from orchestrator.providers.sandbox.engine_facts import EngineFacts, facts_from_info

DOCKER = {
    "ServerVersion": "20.10.24",
    "CgroupVersion": "1",
    "SecurityOptions": ["name=seccomp"],
    "DockerRootDir": "/d",
}
ROOTLESS = DOCKER | {"CgroupVersion": "2", "SecurityOptions": ["name=seccomp", "name=rootless"]}
NO_SERVER = {"ServerVersion": "", "DockerRootDir": ""}
PODMAN = {
    "host": {"security": {"rootless": True}, "cgroupVersion": "v2"},
    "store": {"graphRoot": "/p"},
    "version": {"Version": "5.4.2"},
}

DOCKER_FACTS = EngineFacts(
    program="docker", podman=False, version="20.10.24", rootless=False, cgroup=1, storage="/d"
)
PODMAN_FACTS = EngineFacts(
    program="podman", podman=True, version="5.4.2", rootless=True, cgroup=2, storage="/p"
)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what the test puts there, and the shell that runs it."""
    (tmp_path / "cat").symlink_to("/bin/cat")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(folder: Path, name: str, *, says: object = "", complains: str = "", status: int = 0) -> None:
    (folder / f"{name}.out").write_text(says if isinstance(says, str) else json.dumps(says), encoding="utf-8")
    (folder / f"{name}.err").write_text(complains, encoding="utf-8")
    script = f"#!/bin/sh\ncat {folder}/{name}.out\ncat {folder}/{name}.err >&2\nexit {status}\n"
    (folder / name).write_text(script, encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("name", "info", "facts"),
    [
        ("docker", DOCKER, (False, "20.10.24", False, 1, "/d")),
        ("docker", ROOTLESS, (False, "20.10.24", True, 2, "/d")),
        ("podman", PODMAN, (True, "5.4.2", True, 2, "/p")),
        ("docker", PODMAN, (True, "5.4.2", True, 2, "/p")),
    ],
)
def test_the_engine_is_what_its_answer_says_and_not_what_it_is_called(
    name: str, info: dict[str, object], facts: tuple[bool, str, bool, int, str]
) -> None:
    seen = facts_from_info(name, info)
    assert seen is not None
    assert (seen.podman, seen.version, seen.rootless, seen.cgroup, seen.storage) == facts
    assert seen.program == name


def test_docker_is_preferred_and_podman_is_next(path: Path) -> None:
    program(path, "podman", says=PODMAN)
    assert detect() == PODMAN_FACTS
    program(path, "docker", says=DOCKER)
    assert detect() == DOCKER_FACTS
    assert detect("podman") == PODMAN_FACTS


def test_an_engine_that_is_installed_but_does_not_answer_is_passed_over(path: Path) -> None:
    program(path, "docker", says=NO_SERVER, complains="Cannot connect to the Docker daemon", status=1)
    program(path, "podman", says=PODMAN)
    assert detect() == PODMAN_FACTS


def test_what_docker_says_among_its_answers_is_the_reason(path: Path) -> None:
    program(path, "docker", says=NO_SERVER | {"ServerErrors": ["Cannot connect to the Docker daemon at y"]})
    with pytest.raises(EngineMissingError, match="docker info: Cannot connect to the Docker daemon at y"):
        detect("docker")


@pytest.mark.parametrize("answer", ["[]", "null", '"x"', '{"host": null}', '{"host": {"security": []}}', "{"])
def test_an_answer_of_no_known_shape_is_no_engine(path: Path, answer: str) -> None:
    program(path, "podman", says=answer)
    with pytest.raises(EngineMissingError, match="podman info: "):
        detect("podman")


@pytest.mark.parametrize(
    ("argv", "asked"),
    [
        (("pull", "--quiet", "debian:12"), "pull --quiet docker.io/library/debian:12"),
        (("pull", "--quiet", "ada/debian:12"), "pull --quiet docker.io/ada/debian:12"),
        (("pull", "--quiet", "registry.example/debian:12"), "pull --quiet registry.example/debian:12"),
        (("manifest", "inspect", "debian:12"), "manifest inspect docker.io/library/debian:12"),
        (("image", "rm", "debian:12"), "image rm debian:12"),
    ],
)
def test_podman_is_told_which_registry_a_name_means(path: Path, argv: tuple[str, ...], asked: str) -> None:
    for name in ("docker", "podman"):
        (path / name).write_text('#!/bin/sh\necho "$*"\n', encoding="utf-8")
        (path / name).chmod(0o755)
    assert Engine(PODMAN_FACTS).call(*argv) == asked
    assert Engine(DOCKER_FACTS).call(*argv) == " ".join(argv)


def test_no_engine_says_what_was_seen_of_each_and_how_to_mend_it(path: Path) -> None:
    program(path, "docker", says=NO_SERVER, complains="Cannot connect to the Docker daemon at x", status=1)
    with pytest.raises(EngineMissingError) as caught:
        detect()
    assert caught.value.cause == (
        "no container engine answers: docker info: Cannot connect to the Docker daemon at x; podman is not installed"
    )
    assert caught.value.hint == "orchestrate doctor --fix"


def test_a_daemon_that_goes_down_between_two_calls_is_a_missing_engine(path: Path) -> None:
    program(path, "docker", complains="Cannot connect to the Docker daemon at x", status=1)
    with pytest.raises(EngineMissingError, match="docker ps --all: Cannot connect"):
        Engine(DOCKER_FACTS).containers("orchestrate.fleet=lab")
    (path / "docker").unlink()
    with pytest.raises(EngineMissingError, match="docker is gone from PATH"):
        Engine(DOCKER_FACTS).call("ps")


def test_a_call_that_does_not_end_is_ended_and_named(path: Path) -> None:
    (path / "sleep").symlink_to("/bin/sleep")
    program(path, "docker")
    (path / "docker").write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    with pytest.raises(ProviderError, match=r"docker image rm did not answer within 0.1 s"):
        Engine(DOCKER_FACTS).call("image", "rm", "x", timeout_s=0.1)


def test_what_vanished_between_listing_and_looking_is_left_out(path: Path) -> None:
    entry = {
        "Id": "1",
        "Name": "/orchestrate-lab-1",
        "State": {"Status": "running"},
        "Config": {"Labels": {"orchestrate.fleet": "lab"}},
        "NetworkSettings": {"Ports": {"22/tcp": [{"HostIp": "127.0.0.1", "HostPort": "32768"}]}},
    }
    program(path, "docker", says=[entry], complains="Error: No such container: 2", status=1)
    seen = Engine(DOCKER_FACTS).container("orchestrate-lab-1")
    assert seen is not None
    assert (seen.name, seen.ssh_port) == ("orchestrate-lab-1", 32768)


def test_images_are_told_by_their_repository_wherever_the_engine_files_them(path: Path) -> None:
    program(path, "docker", says="localhost/ours:2\nours:1\nours-too:1\n<none>:<none>\n")
    assert Engine(DOCKER_FACTS).images("ours") == ("ours:1", "ours:2")


@pytest.mark.parametrize(
    "entry",
    [
        {"Name": "n", "Id": "1", "Created": "2026-11-28T10:56:47.1Z", "Labels": {"orchestrate.owner": "me"}},
        {"name": "n", "id": "1", "created": "2026-11-28T10:56:47.1Z", "labels": {"orchestrate.owner": "me"}},
    ],
    ids=["docker", "podman"],
)
def test_networks_and_their_marks_are_read_of_either_engine(path: Path, entry: dict[str, object]) -> None:
    program(path, "docker", says=[entry])
    (seen,) = Engine(DOCKER_FACTS).networks("orchestrate.fleet=lab")
    assert (seen.id, seen.name, seen.labels) == ("1", "n", {"orchestrate.owner": "me"})


def test_a_volume_is_known_by_its_name(path: Path) -> None:
    program(path, "docker", says=[{"Name": "v", "CreatedAt": "2026-11-28T10:56:47Z", "Labels": None}])
    (seen,) = Engine(DOCKER_FACTS).volumes("orchestrate.adopted")
    assert (seen.id, seen.created, seen.labels) == ("v", "2026-11-28T10:56:47Z", {})

"""Bad input and bad luck: each ends with one line that names the cause and one that says what to try; nothing is lost."""

import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from orchestrator.computer.processes import MARKER
from tests.e2e.user import ORCHESTRATE, User, in_the_engine

pytestmark = pytest.mark.containers

IMAGE_AT_HAND = pytest.mark.usefixtures("image_at_hand")
ONLY_BASE = "roles: [base]\n"


def test_a_wrong_key_is_named_with_its_place(user: User) -> None:
    file = user.fleet_file("name: lab\nvalidate:\n  epoch: 3\n")
    said = user.run("up", "--config", str(file))
    assert said.code == 2
    assert said.cause == f"{file}:3: validate.epoch: unknown key"
    assert "epochs" in said.hint


def test_an_unknown_cloud_names_the_known_ones(user: User) -> None:
    said = user.run("up", "--cloud", "sandbx")
    assert said.code == 2
    assert "sandbx" in said.cause
    assert "sandbox" in said.hint
    assert not user.run_folder.exists()


def test_a_wish_that_nothing_fulfils_is_refused_before_anything_is_made(user: User) -> None:
    said = user.run("up", "--tensorflow", "2.4", "--builder", "venv")
    assert said.code == 2
    assert f"refused for {user.fleet}-1: no GPU on debian-12" in said.err
    assert "  try: orchestrate up --builder venv --tensorflow 2.12  #" in said.err
    assert in_the_engine(user) == ()
    assert not (user.run_folder / "plan.json").exists()


@IMAGE_AT_HAND
def test_what_stands_in_the_way_on_a_host_is_listed_before_the_first_change(user: User) -> None:
    user.fleet_file("sandbox: {memory_mib: 512}\nstack: {builder: venv}\n")
    said = user.run("up", "--no-validate")
    assert said.code == 4
    assert said.cause == f"{user.fleet}-1: it has 512 MiB of memory: a training may be ended by the kernel"
    assert said.hint == "give it 4 GB or more"
    assert (user.run_folder / "preflight.json").exists()
    assert not (user.run_folder / "converge").exists()


def test_without_an_engine_doctor_is_named(user: User) -> None:
    said = user.run("up", DOCKER_HOST="unix:///nonexistent.sock", PATH=_path_without("podman"))
    assert said.code == 3
    assert "docker" in said.cause.lower()
    assert said.hint.startswith("orchestrate doctor")


@IMAGE_AT_HAND
def test_a_second_up_is_told_who_runs_the_first(user: User) -> None:
    with user.running("up", "--config", str(user.fleet_file(ONLY_BASE)), "--no-validate") as first:
        first.wait_until_it_says("launch:")
        second = user.run("up")
        assert second.code == 2
        assert "is in use by `orchestrate up` (process" in second.cause
        assert second.hint.startswith("wait for it, or stop it with: kill ")
        assert first.has_ended_within(300)
    assert user.run("status", "--json").json["hosts"][0]["state"] == "running"


def test_a_full_disk_is_named_and_loses_nothing(user: User) -> None:
    """The state folder lies on a file system of 64 KiB, in a mount namespace of the command's own."""
    folder = user.home / "small"
    folder.mkdir()
    program = 'mount -t tmpfs -o size=64k none "$1" && dd if=/dev/zero of="$1/full" bs=1k count=64 2>/dev/null; exec "$2" up'
    ended = subprocess.run(
        ("unshare", "--map-root-user", "--mount", "sh", "-c", program, "sh", str(folder), ORCHESTRATE),
        env=user.environment | {"XDG_STATE_HOME": str(folder)},
        cwd=user.home,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 3
    cause, hint = ended.stderr.splitlines()[-2:]
    assert cause.startswith(f"no space left for {folder}")
    assert hint == "  try: free some space, then repeat the command: nothing written is lost"
    assert in_the_engine(user) == ()


def test_a_host_that_never_answers_is_named_with_the_last_sight(user: User) -> None:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = user.run("up", "--config", str(_onprem(user, silent.getsockname()[1])))
    assert said.code == 5
    assert "lab-1 did not let us in within 10 s" in said.cause
    assert said.hint


@IMAGE_AT_HAND
def test_a_host_without_a_known_key_asks_for_trust(user: User) -> None:
    sandbox = user.run("up", "--until", "launch", "--json").json["hosts"][0]
    said = user.run("up", "--name", "other", "--config", str(_onprem(user, sandbox["port"])))
    assert said.code == 5
    assert "no host key is on record" in said.cause
    assert said.hint.startswith("orchestrate trust")


@IMAGE_AT_HAND
def test_a_package_server_that_is_down_is_named_and_up_goes_on_when_it_is_back(user: User) -> None:
    down = "http://127.0.0.1:9/debian"
    source = f"[{{uris: [{down}], suites: [bookworm], components: [main]}}]"
    file = user.fleet_file(f"{ONLY_BASE}vars:\n  base_apt_sources: {source}\n")
    said = user.run("up", "--config", str(file), "--no-validate")
    assert said.code == 4
    assert f"{user.fleet}-1: base: " in said.cause
    assert "goes on from here" in said.hint
    assert user.run("up", "--config", str(user.fleet_file(ONLY_BASE)), "--no-validate").code == 0


@IMAGE_AT_HAND
def test_a_container_killed_in_mid_play_is_brought_back(user: User) -> None:
    file = user.fleet_file(ONLY_BASE)
    with user.running("up", "--config", str(file), "--no-validate") as up:
        up.wait_until_it_says(f"{user.fleet}-1: base")
        subprocess.run(
            ("docker", "kill", user.container(f"{user.fleet}-1")), check=True, capture_output=True, timeout=30
        )
        assert up.has_ended_within(120)
        assert f"{user.fleet}-1" in up.said.splitlines()[-2]
        assert up.said.splitlines()[-1].startswith(
            f"  try: `orchestrate status --config {file}`; then `orchestrate up"
        )
    again = user.run("up", "--config", str(file), "--no-validate")
    assert again.code == 0, again.err


@IMAGE_AT_HAND
def test_ctrl_c_leaves_no_process_and_up_goes_on(user: User) -> None:
    file = user.fleet_file(ONLY_BASE)
    with user.running("up", "--config", str(file), "--no-validate") as up:
        up.wait_until_it_says(f"{user.fleet}-1: base")
        assert up.press_ctrl_c() == 130
        assert up.said.splitlines()[-2:] == [
            "interrupted",
            f"  try: the same command goes on from here; `orchestrate down --config {file}` cleans up",
        ]
    assert _marked_processes(user.run_folder) == []
    assert user.run("up", "--config", str(file), "--no-validate").code == 0


@IMAGE_AT_HAND
def test_a_fleet_is_not_moved_to_another_place(user: User) -> None:
    assert user.run("up", "--until", "launch").code == 0
    said = user.run("up", "--config", str(_onprem(user, 22)))
    assert (said.code, said.cause) == (2, f"fleet {user.fleet} is on sandbox, not on onprem")
    assert user.run("status", "--json").json["cloud"] == "sandbox"


def test_down_without_an_answer_deletes_nothing(user: User) -> None:
    said = user.run("down")
    assert (said.code, said.hint) == (2, "orchestrate down --yes")


def test_down_of_nothing_succeeds(user: User) -> None:
    said = user.run("down", "--yes")
    assert said.code == 0
    assert f"nothing is left of fleet {user.fleet}" in said.out


def _onprem(user: User, port: int) -> Path:
    inventory = user.home / "hosts.yml"
    connection = f"ansible_host: 127.0.0.1, ansible_port: {port}, ansible_user: admin"
    inventory.write_text(f"all: {{hosts: {{lab-1: {{{connection}}}}}}}\n", encoding="utf-8")
    return user.fleet_file(f"cloud: onprem\nonprem: {{inventory: {inventory}}}\nroles: [base]\n")


def _path_without(program: str) -> str:
    import os

    return os.pathsep.join(
        folder
        for folder in os.environ["PATH"].split(os.pathsep)
        if shutil.which(program, path=folder) is None
    )


def _marked_processes(run_folder: Path) -> list[str]:
    marker = f"{MARKER}={run_folder}".encode()
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if marker in environ.read_bytes().split(b"\0"):
                found.append(environ.parent.name)
        except (OSError, PermissionError):
            continue
    return found

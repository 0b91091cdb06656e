"""A training that is cut off, shot, or loses its host: taken up, or reported as what it is; never a PASS by chance."""

import json
import subprocess

import pytest

from tests.e2e.user import User

pytestmark = pytest.mark.containers

TRAINING = "validate: {workloads: [fashion_mnist]}\n"


def test_a_training_outlives_the_command_and_is_taken_up(owner: User) -> None:
    file = _planned(owner, TRAINING)
    started = len(_jobs(owner))
    with owner.running("up", "--config", file) as up:
        up.wait_until_it_says("fashion_mnist: epoch")
        assert up.press_ctrl_c() == 130
    said = owner.run("validate", "--config", file, "--json")
    assert said.code == 0, said.err
    assert "taking up the validation that began" in said.err
    assert said.json["certificate"]["verdict"] == "PASS"
    assert len(_jobs(owner)) == started + 1, "the job was started once"


def test_a_training_that_is_shot_is_no_pass(owner: User) -> None:
    file = _planned(owner, TRAINING)
    with owner.running("validate", "--config", file) as validate:
        validate.wait_until_it_says("fashion_mnist: epoch")
        _in_host(owner, "pkill", "-KILL", "-f", "workloads.pyz")
        assert validate.has_ended_within(60)
        assert "UNSURE" in validate.said
        assert "by signal KILL" in validate.said
    assert owner.run("status", "--json").json["certificate"]["verdict"] == "UNSURE"


def test_a_host_that_restarts_in_mid_training_trains_again(owner: User) -> None:
    file = _planned(owner, TRAINING)
    with owner.running("validate", "--config", file) as validate:
        validate.wait_until_it_says("fashion_mnist: epoch")
        container = owner.container(f"{owner.fleet}-1")
        subprocess.run(("docker", "kill", container), check=True, capture_output=True, timeout=30)
        assert validate.press_ctrl_c() == 130
    said = owner.run("validate", "--config", file, "--json")
    assert said.code == 0, said.err
    assert said.json["certificate"]["verdict"] == "PASS"


def test_an_accuracy_that_is_not_reached_fails(owner: User) -> None:
    file = _planned(owner, "validate: {workloads: [fashion_mnist], epochs: 1, min_accuracy: 0.999}\n")
    said = owner.run("validate", "--config", file, "--json")
    assert said.code == 1
    certificate = said.json["certificate"]
    assert certificate["verdict"] == "FAIL"
    assert any("0.999" in reason for reason in certificate["reasons"])


def test_a_gpu_that_is_not_there_fails(owner: User) -> None:
    """Asked for a GPU on a host without one, TensorFlow would fall back to the CPU in silence."""
    said = owner.run(
        "validate", "--config", _planned(owner, "validate: {workloads: [smoke], device: gpu}\n"), "--json"
    )
    assert said.code == 1
    assert said.json["certificate"]["verdict"] == "FAIL"


def test_data_sets_are_read_without_a_network(owner: User) -> None:
    python = "import keras; (x, y), _ = keras.datasets.fashion_mnist.load_data(); print(x.shape, y.shape)"
    said = owner.run(
        *(
            "ssh",
            f"{owner.fleet}-1",
            "--",
            "sudo",
            "systemd-run",
            "--quiet",
            "--wait",
            "--pipe",
            "--uid=admin",
        ),
        *("--property=PrivateNetwork=yes", "/opt/ml/envs/default/bin/python", "-c", python),
    )
    assert said.out.strip() == "(60000, 28, 28) (60000,)", said.err


def _planned(owner: User, text: str) -> str:
    """Make the plan on record ask for other workloads: `validate` proves what `up` planned."""
    file = str(owner.fleet_file(text))
    said = owner.run("up", "--config", file, "--no-validate")
    assert said.code == 0, said.err
    assert "changed=0" in said.out
    return file


def _jobs(owner: User) -> list[str]:
    lines = (owner.run_folder / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [event["job"] for event in map(json.loads, lines) if event["event"] == "job"]


def _in_host(owner: User, *argv: str) -> None:
    container = owner.container(f"{owner.fleet}-1")
    subprocess.run(("docker", "exec", container, *argv), check=True, capture_output=True, timeout=30)

"""From nothing to a machine that is proven to train, the same again for free, trainings that are cut off, and back to nothing.

One host for all of it. A training that is cut off, shot, or loses its host is taken up, or reported as what it is; never a PASS
by chance.
"""

import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.access import forward_a_port, reach_by_name
from tests.e2e.certified import add_package, prove_again
from tests.e2e.small import SMALL
from tests.e2e.user import Said, User, in_the_engine, named_user

pytestmark = pytest.mark.containers

SECRET = "of-somebody-with-an-account"
TRAINING = "validate: {workloads: [fashion_mnist], epochs: 2}\n"


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    """Somebody who has nothing yet: no image of a host, no fleet file, no fleet."""
    with named_user(tmp_path_factory.mktemp("owner"), "the-whole-way") as someone:
        yield someone


@pytest.fixture(scope="module")
def first(owner: User) -> Said:
    """What they typed first, and were told."""
    return owner.run("up", "--json", AWS_SECRET_ACCESS_KEY=SECRET)


def test_one_command_makes_a_host_and_proves_that_it_trains(owner: User, first: Said) -> None:
    assert first.code == 0, first.err
    certificate = first.json["certificate"]
    assert certificate["verdict"] == "PASS"
    assert certificate["headline"].startswith("PASS (CPU-only)")
    assert first.json["converge"]["recaps"][0]["changed"] > 0
    training = owner.record("record")["runs"]
    assert {run["request"]["workload"] for run in training} == {"smoke", "fashion_mnist"}
    assert owner.training()["metrics"]["test_accuracy"] >= 0.85
    assert owner.training()["metrics"]["images_per_s"] > 0


def test_no_secret_is_on_record(owner: User, first: Said) -> None:
    kept = [path.read_bytes() for path in owner.run_folder.rglob("*") if path.is_file()]
    assert not [text for text in kept if b"PRIVATE KEY" in text or SECRET.encode() in text]


def test_what_was_planned_is_what_ran(owner: User, first: Said) -> None:
    plan = owner.record("plan")
    stack = plan["stacks"][f"{owner.fleet}-1"]
    assert stack["driver"] is None
    assert plan["builder"]["builder"] in {"conda", "venv"}
    assert any(note.startswith("nvidia_driver and cuda are left out") for note in plan["notes"])
    ran = owner.training()["versions"]
    assert (stack["framework"], ran["tensorflow"]) == ("tensorflow", stack["release"])
    assert ran["python"].startswith(stack["python"])
    (answer,) = owner.run("resolve", "--host", f"{owner.fleet}-1", "--json").json["answers"]
    assert answer["host"] == f"{owner.fleet}-1"
    assert answer["stack"] == stack, "the host says what the plan had to assume"


def test_the_report_is_for_people_and_for_programs(owner: User, first: Said) -> None:
    report = Path(first.json["report"]["html"])
    assert "PASS <small>CPU-only</small>" in report.read_text(encoding="utf-8")
    suites = ET.parse(first.json["report"]["junit"]).getroot()  # noqa: S314 - our own file
    counted = {
        key: sum(int(suite.attrib[key]) for suite in suites) for key in ("tests", "failures", "errors")
    }
    assert counted["tests"] >= 20
    assert (counted["failures"], counted["errors"]) == (0, 0)
    assert "PASS" in owner.run("report").out


def test_the_same_again_changes_nothing_and_carries_the_training_over(owner: User, first: Said) -> None:
    host, trained = f"{owner.fleet}-1", owner.training()["started_at"]
    again = owner.run("up")
    assert again.code == 0, again.err
    assert f"{host}  ok=" in again.out
    assert "changed=0" in again.out
    assert "PASS (CPU-only)" in again.out
    assert owner.training()["started_at"] == trained, "the short re-validation carries the training over"


def test_the_host_is_shown_and_can_be_entered(owner: User, first: Said) -> None:
    host = f"{owner.fleet}-1"
    status = owner.run("status", "--json").json
    assert [(seen["name"], seen["state"]) for seen in status["hosts"]] == [(host, "running")]
    assert status["certificate"]["verdict"] == "PASS"
    assert owner.run("verify", "--json").json["signed_by"] == [host]
    assert owner.run("ssh", owner.fleet, "--", "hostname").out.strip() == host
    assert owner.run("ssh", host, "--", "sh", "-c", "exit 7").code == 7
    assert owner.run("list", "--json").json[0]["verdict"] == "PASS"
    assert owner.run("list").out.splitlines()[1].split()[:4] == [owner.fleet, "sandbox", "1", "running"]


def test_a_user_s_own_programs_reach_the_host(owner: User, first: Said, tmp_path: Path) -> None:
    reach_by_name(owner, tmp_path)
    forward_a_port(owner)


def test_the_host_proves_its_certificate_again_by_itself(owner: User, first: Said) -> None:
    prove_again(owner)
    status = owner.run("status", "--json").json
    assert [(each["host"], each["state"]) for each in status["standings"]] == [(f"{owner.fleet}-1", "holds")]
    assert status["standings"][0]["proved_at"] > status["certificate"]["issued_at"]
    assert status["signed_by"] == [f"{owner.fleet}-1"]
    report = Path(owner.run("report", "--json").json["report"]["html"]).read_text(encoding="utf-8")
    assert "says that it holds; last re-proved by the host at" in report


def test_a_package_that_drifts_revokes_the_certificate(owner: User, first: Said) -> None:
    found = add_package(owner)
    assert "FAIL: the certificate is revoked on " in owner.run("status").out
    certificate = owner.record("certificate")
    assert (certificate["revoked"]["host"], certificate["revoked"]["reason"]) == (f"{owner.fleet}-1", found)
    assert f"it was revoked: {found}" in owner.run("verify").out
    assert owner.run("status", "--json").json["standings"] == [], "what is revoked is not asked about"


def test_configurations_are_measured_and_stand_in_one_table(owner: User, first: Said) -> None:
    said = owner.run("bench", "--quick", "--usd-per-hour", "0.5")
    assert said.code == 0, said.err
    assert "images/s" in said.out
    assert "cpu-threads-1" in said.out
    page = Path(said.out.split()[-1])
    assert page.with_name("bench.csv").read_text(encoding="utf-8").count("\n") > 1
    measured = json.loads(page.with_name("bench.json").read_text(encoding="utf-8"))
    assert all(row["figures"]["images_per_s"] > 0 and row["usd_per_epoch"] > 0 for row in measured["rows"])


@pytest.mark.parametrize(("workload", "arguments"), SMALL.items())
def test_every_workload_does_its_work_on_a_host(
    owner: User, first: Said, workload: str, arguments: str
) -> None:
    said = owner.run("bench", "--workload", workload, "--json", "--", "--device", "cpu", *arguments.split())
    assert said.json["bench"]["failed"] == []
    assert said.code == 0, said.err
    assert len(said.json["bench"]["rows"]) > 0


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


def test_a_training_that_is_shot_is_no_pass(owner: User) -> None:
    file = _planned(owner, TRAINING)
    with owner.running("validate", "--config", file) as validate:
        validate.wait_until_it_says("fashion_mnist: epoch")
        _in_host(owner, "pkill", "-KILL", "-f", "workloads.pyz")
        assert validate.has_ended_within(60)
        assert "UNSURE" in validate.said
        assert "by signal KILL" in validate.said
    assert owner.run("status", "--json").json["certificate"]["verdict"] == "UNSURE"


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


def test_down_leaves_nothing_but_the_report(owner: User, first: Said) -> None:
    assert owner.run("status", "--json").json["certificate"]["verdict"] == "PASS"
    receipt = owner.run("down", "--yes", "--json")
    assert receipt.code == 0, receipt.err
    lines = receipt.json["lines"]
    assert {line["resource"]["kind"] for line in lines} >= {"container", "network"}
    assert all(line["gone"] and line["proof"] for line in lines)
    assert in_the_engine(owner) == ()
    assert not (owner.home / "state/orchestrate/keys" / owner.fleet).exists()
    assert "PASS" in Path(owner.run("report", "--json").json["report"]["html"]).read_text(encoding="utf-8")


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

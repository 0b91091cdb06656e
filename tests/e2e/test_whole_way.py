"""From nothing to a machine that is proven to train, the same again for free, and back to nothing."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import User, in_the_engine, restart

pytestmark = pytest.mark.containers

SECRET = "of-somebody-with-an-account"
SHORT_TRAINING = "validate: {epochs: 1, min_accuracy: 0.8}\n"
"""Where the accuracy is not what is shown."""


def test_the_whole_way(user: User) -> None:
    host = f"{user.fleet}-1"

    first = user.run("up", "--json", AWS_SECRET_ACCESS_KEY=SECRET)
    assert first.code == 0, first.err
    certificate = first.json["certificate"]
    assert certificate["verdict"] == "PASS"
    assert certificate["headline"].startswith("PASS (CPU-only)")
    assert first.json["converge"]["recaps"][0]["changed"] > 0
    training = _record(user)["runs"]
    assert {run["request"]["workload"] for run in training} == {"smoke", "fashion_mnist"}
    assert _training(user)["metrics"]["test_accuracy"] >= 0.85
    assert _training(user)["metrics"]["images_per_s"] > 0

    kept = [path.read_bytes() for path in user.run_folder.rglob("*") if path.is_file()]
    assert not [text for text in kept if b"PRIVATE KEY" in text or SECRET.encode() in text]

    plan = json.loads((user.run_folder / "plan.json").read_text(encoding="utf-8"))
    assert plan["stacks"][host]["driver"] is None
    assert plan["builder"]["builder"] in {"conda", "venv"}
    assert any(note.startswith("nvidia_driver and cuda are left out") for note in plan["notes"])
    ran = next(run["versions"] for run in training if run["request"]["workload"] == "fashion_mnist")
    assert ran["tensorflow"] == plan["stacks"][host]["tensorflow"]
    assert ran["python"].startswith(plan["stacks"][host]["python"])

    report = Path(first.json["report"]["html"])
    assert "PASS <small>CPU-only</small>" in report.read_text(encoding="utf-8")
    suites = ET.parse(first.json["report"]["junit"]).getroot()  # noqa: S314 - our own file
    counted = {
        key: sum(int(suite.attrib[key]) for suite in suites) for key in ("tests", "failures", "errors")
    }
    assert counted["tests"] >= 20
    assert (counted["failures"], counted["errors"]) == (0, 0)

    again = user.run("up")
    assert again.code == 0, again.err
    assert f"{host}  ok=" in again.out
    assert "changed=0" in again.out
    assert "PASS (CPU-only)" in again.out
    assert _training(user)["started_at"] == next(
        run["started_at"] for run in training if run["request"]["workload"] == "fashion_mnist"
    ), "the short re-validation carries the training over"

    status = user.run("status", "--json").json
    assert [(seen["name"], seen["state"]) for seen in status["hosts"]] == [(host, "running")]
    assert status["certificate"]["verdict"] == "PASS"
    assert user.run("ssh", user.fleet, "--", "hostname").out.strip() == host
    assert user.run("ssh", host, "--", "sh", "-c", "exit 7").code == 7
    assert "PASS" in user.run("report").out
    (answer,) = user.run("resolve", "--host", host, "--json").json["answers"]
    assert answer["host"] == host
    assert answer["stack"] == plan["stacks"][host], "the host says what the plan had to assume"

    receipt = user.run("down", "--yes", "--json")
    assert receipt.code == 0, receipt.err
    lines = receipt.json["lines"]
    assert {line["resource"]["kind"] for line in lines} >= {"container", "network"}
    assert all(line["gone"] and line["proof"] for line in lines)
    assert in_the_engine(user) == ()
    assert not (user.home / "state/orchestrate/keys" / user.fleet).exists()
    assert "PASS" in Path(user.run("report", "--json").json["report"]["html"]).read_text(encoding="utf-8")


@pytest.mark.usefixtures("image_at_hand")
def test_a_fleet_of_two_releases_is_proven_host_by_host(user: User) -> None:
    user.fleet_file(f"hosts: [{{distribution: debian-12}}, {{distribution: debian-13}}]\n{SHORT_TRAINING}")
    hosts = [f"{user.fleet}-1", f"{user.fleet}-2"]
    said = user.run("up", "--json")
    assert said.code == 0, said.err
    assert [host["distribution"] for host in said.json["hosts"]] == ["debian-12", "debian-13"]
    assert {run["host"] for run in _record(user)["runs"]} == set(hosts)
    neighbour = user.run("ssh", hosts[0], "--", "getent", "hosts", hosts[1])
    assert hosts[1] in neighbour.out, "hosts of a fleet know each other by name"

    restart(user, hosts[1])
    wait_for("the restarted host, at its new port", lambda: _answers(user, hosts[1]), timeout_s=60)

    user.fleet_file("hosts: 1\n")
    fewer = user.run("up", "--until", "launch")
    assert f"{hosts[1]} is not in the plan any more" in fewer.err


@pytest.mark.usefixtures("image_at_hand")
def test_an_older_tensorflow_is_installed_as_wished_and_trains(user: User) -> None:
    """2.15 is the last with Keras 2."""
    user.fleet_file(f'stack: {{tensorflow: "2.15", builder: venv}}\n{SHORT_TRAINING}')
    said = user.run("up", "--json")
    assert said.code == 0, said.err
    assert said.json["certificate"]["verdict"] == "PASS"
    versions = _training(user)["versions"]
    assert versions["tensorflow"].startswith("2.15.")
    assert versions["keras"].startswith("2.15.")


def _answers(user: User, host: str) -> bool | NotYet:
    said = user.run("ssh", host, "--", "hostname")
    return said.out.strip() == host or NotYet(said.err)


def _record(user: User) -> Any:
    return json.loads((user.run_folder / "record.json").read_text(encoding="utf-8"))


def _training(user: User) -> Any:
    return next(run for run in _record(user)["runs"] if run["request"]["workload"] == "fashion_mnist")

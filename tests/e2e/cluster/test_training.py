"""One training on two hosts of a cluster, proved in its certificate; one of them dies in the middle, and it ends as if none had.

The cards are stand-ins, so the processors compute. It takes about eight minutes, most of it for the training environments.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.cluster.lab import Lab
from tests.e2e.user import engine

pytestmark = [pytest.mark.containers, pytest.mark.landing]

HOSTS = 3
FLEET = """
roles: [base, gpu_telemetry, ml_env, datasets]
cluster: {enabled: true, controller: own}
validate: {device: cpu, epochs: 1}
vars: {slurm_health_check_seconds: 5, slurm_host_timeout_seconds: 15}
"""
UP: tuple[str, ...] = ()
"""All of it, with the proof."""
EPOCHS = 8
"""So many that a host can die in their middle."""
TRAINING = ("--workload", "distributed", "--", "--device", "cpu", "--epochs", str(EPOCHS))


def test_the_hosts_of_a_cluster_prove_themselves_each_and_together(lab: Lab) -> None:
    certificate = lab.user.record("certificate")
    assert certificate["verdict"] == "PASS", certificate["reasons"]
    made = {(each["host"], each["name"]): each for each in certificate["checks"]}
    pair = f"{lab.host(2)} and {lab.host(3)}"
    assert made[(pair, "sums_confirmed")]["outcome"] == "passed"
    assert made[(lab.user.fleet, "weights_confirmed")]["outcome"] == "passed"
    # Containers' links are told and not judged: nothing passes for their speed.
    assert (pair, "pair_speed_confirmed") not in made
    assert "grpc over virtual" in made[(pair, "pairs_alike_confirmed")]["seen"]
    assert any("2 hosts train together to" in line for line in certificate["reasons"])
    page = (lab.user.run_folder / "report.html").read_text(encoding="utf-8")
    assert f"{pair}</th>" in page
    assert "efficiency" in page


def test_what_hosts_proved_together_is_carried_over_and_dated(lab: Lab) -> None:
    said = lab.user.run("up", "--hosts", str(HOSTS), "--json")
    assert said.code == 0, said.err
    (age,) = (line for line in said.json["certificate"]["reasons"] if "re-checked now" in line)
    assert "all_reduce proved" in age
    assert "distributed proved" in age


def test_every_pair_of_hosts_of_a_job_is_measured(lab: Lab) -> None:
    said = lab.user.run(
        *("submit", lab.user.fleet, "--hosts", "2", "--gpus", "0", "--workload", "all_reduce"),
        *("--", "--device", "cpu", "--largest-mib", "4"),
    )
    assert said.code == 0, said.err
    (pair,) = (each["row"] for each in _lines(said.out) if each["event"] == "row")
    assert (pair["host"], pair["other_host"], pair["wrong"]) == (lab.host(2), lab.host(3), 0)
    assert pair["bus_gb_per_s"] > 0


def test_two_hosts_train_one_network_and_end_with_the_same_weights(lab: Lab) -> None:
    said = lab.user.run("submit", lab.user.fleet, "--hosts", "2", "--gpus", "1", *TRAINING)
    assert said.code == 0, said.err
    told = list(_lines(said.out))
    checks = {each["name"]: each for each in told if each["event"] == "check"}
    assert {each["outcome"] for each in checks.values()} == {"passed"}
    assert float(checks["test_accuracy"]["seen"]) >= 0.85
    assert "images/s together" in checks["scaling_efficiency"]["seen"]
    rows = [each["row"] for each in told if each["event"] == "row"]
    assert [row["host"] for row in rows] == [lab.host(2), lab.host(3)]
    assert len({row["weights_sha256"] for row in rows}) == 1
    assert "efficiency" in next(line for line in said.out.splitlines() if line.startswith("distributed: "))


def test_a_training_whose_host_dies_goes_on_from_its_checkpoint_and_ends_as_if_none_had(lab: Lab) -> None:
    whole = _last_result(lab, "*")
    job = lab.submitted(
        *("--hosts", "2", "--gpus", "1"), *TRAINING, "--checkpoint-seconds", "1", "--silence-seconds", "10"
    )
    running = lab.until(job, "running")
    victim = lab.user.container(lab.host(3))
    wait_for("a checkpoint", lambda: _checkpoints(lab, running["folder"]), timeout_s=120, interval_s=0.2)
    engine("kill", victim)
    lab.until(job, "pending", timeout_s=120)
    engine("start", victim)
    # A container's device nodes are gone with it; its slurmd tries again until they are there.
    lab.lay_cards(3)
    # What went back waits two minutes, so that what is left of it can end.
    ended = lab.until(job, "completed", "failed", "node_fail", timeout_s=400)
    assert (ended["state"], ended["exit_code"], ended["restarts"]) == ("completed", 0, 1)
    result = _last_result(lab, running["folder"])
    assert result["status"] == "passed"
    assert result["metrics"]["resumed_from_step"] > 0
    assert result["metrics"]["restarts"] == 1
    assert result["metrics"]["test_accuracy"] == whole["metrics"]["test_accuracy"]
    digests = {row["weights_sha256"] for each in (whole, result) for row in each["tables"]["tasks"]}
    assert len(digests) == 1, "the same weights, to the last bit"
    assert [point["epoch"] for point in result["curve"]] == list(range(1, EPOCHS + 1))


def _lines(printed: str) -> Iterator[Any]:
    for line in printed.splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def _checkpoints(lab: Lab, folder: str) -> bool | NotYet:
    told = lab.on(1, f"ls {folder}/checkpoints 2>/dev/null || true").split()
    return bool(told) or NotYet("none")


def _last_result(lab: Lab, folder: str) -> Any:
    """The newest training's; of a folder that is named by a star, the only one that was submitted so far."""
    path = folder if folder != "*" else "/shared/admin/orchestrate-runs/distributed-*"
    return json.loads(lab.on(2, f"cat {path}/result.json"))

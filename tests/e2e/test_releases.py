"""Hosts of both releases in one fleet, with JAX: each is proven to train."""

import pytest

from orchestrator.waiting import NotYet, wait_for
from tests.e2e.user import User, restart

pytestmark = [pytest.mark.containers, pytest.mark.landing, pytest.mark.usefixtures("image_at_hand")]

SHORT_TRAINING = "stack: {framework: jax}\nvalidate: {epochs: 1, min_accuracy: 0.8}\n"


def test_a_fleet_of_two_releases_is_proven_host_by_host(user: User) -> None:
    user.fleet_file(f"hosts: [{{distribution: debian-12}}, {{distribution: debian-13}}]\n{SHORT_TRAINING}")
    hosts = [f"{user.fleet}-1", f"{user.fleet}-2"]
    said = user.run("up", "--json")
    assert said.code == 0, said.err
    assert [host["distribution"] for host in said.json["hosts"]] == ["debian-12", "debian-13"]
    assert said.json["certificate"]["verdict"] == "PASS"
    runs = user.record("record")["runs"]
    assert {run["host"] for run in runs} == set(hosts)
    assert {run["request"]["workload"] for run in runs} == {"smoke", "fashion_mnist"}
    assert {(run["versions"]["backend"], "tensorflow" in run["versions"]) for run in runs} == {("jax", False)}
    measured = user.run("bench", "--quick", "--host", hosts[0], "--json")
    assert measured.code == 0, measured.json["bench"]["failed"]
    assert measured.json["bench"]["versions"]["backend"] == "jax"
    assert [row["figures"]["images_per_s"] > 0 for row in measured.json["bench"]["rows"]]
    neighbour = user.run("ssh", hosts[0], "--", "getent", "hosts", hosts[1])
    assert hosts[1] in neighbour.out, "hosts of a fleet know each other by name"

    restart(user, hosts[1])
    wait_for("the restarted host, at its new port", lambda: _answers(user, hosts[1]), timeout_s=60)

    user.fleet_file("hosts: 1\n")
    fewer = user.run("up", "--until", "launch")
    assert f"{hosts[1]} is not in the plan any more" in fewer.err


def _answers(user: User, host: str) -> bool | NotYet:
    said = user.run("ssh", host, "--", "hostname")
    return said.out.strip() == host or NotYet(said.err)

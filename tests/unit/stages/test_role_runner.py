"""To which hosts the roles are applied again: to those that differ, and in a cluster to all once one does."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.journal import Journal
from orchestrator.models import FLEET_GROUP, Cluster, ConvergeResult, HostRecap, Plan
from orchestrator.progress import Silent
from orchestrator.stages.converge import roles
from orchestrator.stages.converge.drift import Baseline, Inputs
from orchestrator.stages.converge.play import Play
from orchestrator.stages.converge.roles import RoleRunner
from tests.unit.builders import host
from tests.unit.stages.test_inventory import PLAN

HOSTS = (host("lab-1"), host("lab-2"))
SOUND = {"lab-1": {"units": "a"}, "lab-2": {"units": "b"}}
CLUSTER = Cluster(controller="lab-1", compute=("lab-1", "lab-2"), shared_folder="/shared")


@pytest.fixture
def applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Play]:
    """The plays that ran, on hosts of which the second differs from what its last full run left."""
    journal = Journal("lab", tmp_path)
    journal.save("converge", result())
    journal.save("baseline", Baseline(inputs="same", taken_at=datetime.now(UTC), states=SOUND))
    ran: list[Play] = []

    def converge(play: Play, *_: object) -> ConvergeResult:
        ran.append(play)
        return result(*play.limit)

    monkeypatch.setattr(roles, "converge", converge)
    monkeypatch.setattr(roles, "inputs_of", lambda *_: Inputs(digest="same", folders=()))
    monkeypatch.setattr(roles, "read_states", lambda *_: SOUND | {"lab-2": {"units": "c"}})
    return ran


def result(*names: str) -> ConvergeResult:
    recaps = tuple(HostRecap(host=name, ok=1, changed=0, failed=0, unreachable=0) for name in names)
    return ConvergeResult(run_id="1", finished_at=datetime.now(UTC), recaps=recaps, role_times=())


def apply(tmp_path: Path, planned: Plan) -> ConvergeResult:
    runner = RoleRunner(Journal("lab", tmp_path), Silent(), None)
    return runner.apply(planned, HOSTS, (tmp_path / "inventory.yml",), full=False)


def test_roles_are_applied_to_the_host_that_differs(tmp_path: Path, applied: list[Play]) -> None:
    assert apply(tmp_path, PLAN).unchanged == ("lab-1",)
    assert [play.limit for play in applied] == [("lab-2",)]


def test_in_a_cluster_they_are_applied_to_all_once_one_differs(tmp_path: Path, applied: list[Play]) -> None:
    assert apply(tmp_path, replace(PLAN, cluster=CLUSTER)).unchanged == ()
    assert [play.limit for play in applied] == [(FLEET_GROUP,)]

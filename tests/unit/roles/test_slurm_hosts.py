"""Hosts that join a cluster and leave it. `scontrol` and `squeue` are small programs of the test."""

import json
import os
from pathlib import Path

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.slurm import members

ONE, TWO = {"name": "one", "cpus": 2}, {"name": "two", "cpus": 4}
IDLE = "NodeName=two State=IDLE ThreadsPerCore=1"


class Controller:
    """One that shows what the test says."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.record, self._folder = folder / "hosts.json", folder
        scontrol = f'#!/bin/sh\ncase "$*" in *"show node"*) cat {folder}/shown;; *) echo "$*" >>{folder}/told;; esac\n'
        squeue = f"#!/bin/sh\ncat {folder}/jobs\n"
        for name, body in (("scontrol", scontrol), ("squeue", squeue)):
            (folder / name).write_text(body)
            (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr(members, "PAUSE_S", 0.0)
        self.shows(IDLE)

    def shows(self, host: str, jobs: str = "") -> None:
        (self._folder / "shown").write_text(host)
        (self._folder / "jobs").write_text(jobs)

    def knows(self, *hosts: dict[str, object]) -> None:
        self.record.write_text(json.dumps({host["name"]: host for host in hosts}))

    @property
    def told(self) -> list[str]:
        file = self._folder / "told"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def controller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Controller:
    return Controller(tmp_path, monkeypatch)


def test_a_host_that_a_run_leaves_out_stays_as_it_was() -> None:
    before = {"one": ONE, "two": TWO}
    newer = {"name": "one", "cpus": 8}
    assert members.merged(before, [newer], ["two", "one"]) == {"two": TWO, "one": newer}
    assert members.merged(before, [], ["one", "three"]) == {"one": ONE}


def test_who_leaves_is_drained_and_who_is_unknown_is_said(controller: Controller) -> None:
    controller.knows(ONE, TWO)
    answer = members.bring_about([ONE], ["one", "three"], evict=False, write_it=False, file=controller.record)
    assert answer.done == ["drained two", f"wrote {controller.record}"]
    assert answer.more == {"hosts": [ONE], "unknown": ["three"]}
    assert controller.told == []


def test_a_host_with_jobs_does_not_leave_until_told(controller: Controller) -> None:
    controller.shows(IDLE.replace("IDLE", "MIXED"), "12 ann\n13 bob\n")
    with pytest.raises(
        HostError, match=r"runs jobs: 12 of ann, 13 of bob\n.*scancel 12 13.*slurm_evict: true"
    ):
        members.leave("two", evict=False, answer=Answer())
    members.leave("two", evict=True, answer=Answer())
    assert controller.told == [
        f"update nodename=two state=drain reason={members.LEAVES}",
        "requeue 12",
        "requeue 13",
    ]


@pytest.mark.parametrize("state", ["DOWN", "IDLE+NOT_RESPONDING"])
def test_a_dead_host_leaves_whatever_ran_there(controller: Controller, state: str) -> None:
    controller.shows(IDLE.replace("IDLE", state), "12 ann\n")
    members.leave("two", evict=False, answer=Answer())
    assert controller.told[0].startswith("update nodename=two state=drain")


def test_where_no_controller_answers_nothing_is_to_be_done(controller: Controller) -> None:
    controller.shows("")
    members.leave("two", evict=False, answer=Answer())
    assert controller.told == []


def test_hosts_are_waited_for_and_those_that_had_left_are_taken_back(controller: Controller) -> None:
    controller.shows(f"NodeName=two State=IDLE+DRAIN Reason={members.LEAVES} [root@now]")
    assert members.arrive(["two"], reread=True, write_it=True).done == [
        "scontrol reconfigure",
        "took two back",
    ]
    assert controller.told == ["reconfigure", "update nodename=two state=resume"]


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("State=UNKNOWN ", "UNKNOWN"),
        ("State=IDLE* ", r"IDLE\*"),
        ("State=DOWN Reason=gone", "gone"),
        ("", ""),
    ],
)
def test_a_host_that_does_not_come_is_said_with_its_state(
    controller: Controller, shown: str, said: str
) -> None:
    controller.shows(shown)
    with pytest.raises(HostError, match=f"two does not come to the cluster: it is .*{said}"):
        members.arrive(["two"], reread=False, write_it=True, seconds=0.0)


def test_a_host_that_somebody_else_drained_is_there_and_one_that_sleeps() -> None:
    assert members.is_ready("State=IDLE+DRAIN ThreadsPerCore=1 Reason=disks DOWN")
    assert members.is_ready("State=IDLE+CLOUD+POWERED_DOWN ThreadsPerCore=1")


def test_a_controller_that_computes_no_more_leaves_as_others_do(controller: Controller) -> None:
    controller.knows(ONE, {**TWO, "compute": True})
    two = {**TWO, "compute": False}
    answer = members.bring_about([two], ["one", "two"], evict=False, write_it=False, file=controller.record)
    assert answer.done[0] == "drained two"
    assert answer.more["hosts"] == [ONE, two]

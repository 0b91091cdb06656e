"""Hosts that leave a cluster: drained first, refused while jobs run there."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.errors import UsageError
from orchestrator.jobs.slurm.answers import SINFO_FORMAT
from orchestrator.journal import Journal
from orchestrator.models import Cluster, Host, HostRequest, Plan
from orchestrator.progress import Silent
from orchestrator.remote import Completed
from orchestrator.stages.launch import leaving
from orchestrator.stages.launch.leaving import REASON, leave_cluster
from tests.unit.builders import AS_ROOT, ScriptedShell, completed, host
from tests.unit.stages.test_inventory import PLAN

SINFO = "".join(f"lab-{number}<|>idle<|>gpu:1<|>4<|>none\n" for number in (1, 2, 3))
RUNNING = "12 <|>admin <|>RUNNING <|>train <|>2 <|>cpu=2,node=2,gres/gpu=2 <|>lab-[2-3] <|>None <|>1 <|>2 <|>0 <|>0 <|>/x <|>/x/o <|>\n"


def planned(*names: str) -> Plan:
    return replace(
        PLAN,
        hosts=tuple(HostRequest(name=name, distribution="debian-12") for name in names),
        cluster=Cluster(controller="lab-1", compute=names, shared_folder="/shared"),
    )


def leave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plan: Plan, queued: str = ""
) -> dict[str, list[tuple[str, ...]]]:
    """What was run on each host."""
    journal = Journal("lab", tmp_path)
    journal.save("hosts", tuple(host(f"lab-{number}") for number in (1, 2, 3)))
    ran: dict[str, list[tuple[str, ...]]] = {}

    def answer(argv: tuple[str, ...]) -> Completed:
        return completed(SINFO if argv[0] == "sinfo" else f"{queued}accounting:\n")

    def shell_of(to: Host, **_: object) -> ScriptedShell:
        shell = ScriptedShell(answer)
        shell.ran = ran.setdefault(to.name, [])
        return shell

    monkeypatch.setattr(leaving, "shell_of", shell_of)
    try:
        leave_cluster(plan, journal, Silent())
    finally:
        for calls in ran.values():
            calls[:] = [call for call in calls if call != ("close",)]
    return ran


def test_a_host_is_drained_before_it_is_seen_what_runs_and_its_daemon_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = leave(tmp_path, monkeypatch, planned("lab-1", "lab-2"))
    sinfo, drain, queue = ran["lab-1"]
    assert sinfo == ("sinfo", "--Node", "--noheader", f"--format={SINFO_FORMAT}")
    assert drain == (AS_ROOT, "scontrol", "update", "nodename=lab-3", "state=drain", f"reason={REASON}")
    assert queue[0] == "sh"
    assert ran["lab-3"] == [(AS_ROOT, "systemctl", "disable", "--now", "--quiet", "slurmd.service")]
    assert "lab-2" not in ran


def test_a_host_with_jobs_stays_and_takes_jobs_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="jobs run there: lab/12 on lab-3") as refused:
        leave(tmp_path, monkeypatch, planned("lab-1", "lab-2"), RUNNING)
    assert refused.value.hint.startswith("`orchestrate cancel lab/12`")


@pytest.mark.parametrize("plan", [planned("lab-1", "lab-2", "lab-3", "lab-4"), replace(PLAN, hosts=())])
def test_nobody_is_asked_where_nobody_leaves_a_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plan: Plan
) -> None:
    assert leave(tmp_path, monkeypatch, plan) == {}

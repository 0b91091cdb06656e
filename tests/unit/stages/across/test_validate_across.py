"""Joint jobs of a cluster: submitted once, found again, followed to their end; what Slurm does not start is a result."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.jobs.slurm.values import BatchJob, ClusterHost, SlurmJob
from orchestrator.jobs.unit import HostCapabilities
from orchestrator.journal import Journal
from orchestrator.models import Host, WorkloadRun
from orchestrator.progress import Silent
from orchestrator.remote import Completed
from orchestrator.stages.validate import across_hosts
from orchestrator.stages.validate.across_hosts import validate_across
from orchestrator.stages.validate.programs import NOW
from tests.unit.builders import ScriptedShell, completed, host
from tests.unit.stages.across.joint import cluster_plan
from tests.unit.stages.across.test_slurm_states import at, job

NAMES = ("sandbox-1", "sandbox-2", "sandbox-3")
BOOT = "0f6a7a1e-9a3b-4c54-8d2f-0d6b8a1c2e3f"


class _Slurm:
    """A queue that a test fills: each look at a job takes the next of its states."""

    def __init__(self, states: list[SlurmJob], there: tuple[ClusterHost, ...]) -> None:
        self.states = states
        self.there = there
        self.before: tuple[SlurmJob, ...] = ()
        self.submitted: list[BatchJob] = []
        self.cancelled: list[int] = []

    def hosts(self, shell: object, controller: Host) -> tuple[ClusterHost, ...]:
        return self.there

    def jobs(self, shell: object, controller: Host) -> tuple[SlurmJob, ...]:
        return self.before

    def submit(self, shell: object, controller: Host, batch: BatchJob) -> SlurmJob:
        self.submitted.append(batch)
        return self.states[0]

    def job(self, shell: object, controller: Host, number: int) -> SlurmJob:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def cancel(self, shell: object, controller: Host, number: int) -> None:
        self.cancelled.append(number)


Validated = Callable[..., tuple[tuple[WorkloadRun, ...], ScriptedShell]]


@pytest.fixture
def validated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Validated:
    """Validate a cluster whose Slurm and whose shell are scripted."""

    def made(
        slurm: _Slurm, *, files: dict[str, str] | None = None
    ) -> tuple[tuple[WorkloadRun, ...], ScriptedShell]:
        def answer(argv: tuple[str, ...]) -> Completed:
            if argv[0] == "head":
                name = argv[-1].rpartition("/")[2]
                text = (files or {}).get(name)
                return completed(text) if text is not None else completed(exit_code=1)
            if argv[-1] == NOW:
                return completed(f"{BOOT} 500.0 1796091000\n")
            return completed()

        shell = ScriptedShell(answer)
        monkeypatch.setattr(across_hosts, "service", slurm)
        monkeypatch.setattr(across_hosts, "FOLLOW_INTERVAL_S", 0.01)
        monkeypatch.setattr(across_hosts, "_STOPPING_S", 0.05)
        monkeypatch.setattr(across_hosts, "shell_of", lambda _, *, key: shell)
        monkeypatch.setattr(across_hosts, "shared_folder", lambda *_: "/shared")
        monkeypatch.setattr(
            across_hosts, "read_facts", lambda _: HostCapabilities(user="admin", nvidia_cards=0)
        )
        plan = cluster_plan(hosts=NAMES)
        assert plan.cluster
        only = tuple(
            replace(each, timeout_s=0) for each in plan.cluster.workloads if each.workload == "distributed"
        )
        plan = replace(plan, cluster=replace(plan.cluster, workloads=only))
        hosts = tuple(host(name=name) for name in NAMES)
        return validate_across(plan, hosts, "5e1f0a2b", Journal("lab", tmp_path), Silent()), shell

    return made


def there(**changed: Any) -> tuple[ClusterHost, ...]:
    return tuple(at(name, changed.get(name.replace("-", "_"), "idle")) for name in NAMES)


def test_a_job_is_a_task_on_every_host_and_its_end_is_dated_by_the_first_tasks_host(
    validated: Validated,
) -> None:
    slurm = _Slurm([job("running"), job("completed", 0)], there())
    (run,), shell = validated(slurm, files={"ended": f"0 {BOOT} 400.5 sandbox-2"})
    (batch,) = slurm.submitted
    assert (batch.hosts, batch.gpus, batch.cpus, batch.name) == (3, 1, 2, "validate-5e1f0a2b-distributed")
    words = " ".join(batch.command)
    folder = "/shared/admin/orchestrate-runs/validate-5e1f0a2b-distributed"
    assert f"{folder}/workloads.pyz distributed" in words
    assert (
        f"--tasks 3 --epochs 3 --batch-size 256 --min-accuracy 0.85 --checkpoints {folder}/checkpoints"
        in words
    )
    assert f"--attempt 5e1f0a2b --result {folder}/result.json" in words
    assert f"{folder}/workloads.pyz" in shell.files
    assert (run.host, run.ended) == ("sandbox", "success 0")
    assert run.clock
    assert run.clock.age_s == pytest.approx(99.5)
    assert ("rm", "-rf", "--", folder) in shell.ran
    assert run.job is None, "it left no result"


def test_a_job_that_an_interrupted_call_left_is_taken_up(validated: Validated) -> None:
    slurm = _Slurm([job("completed", 0)], there())
    slurm.before = (job("running"),)
    (run,), _ = validated(slurm)
    assert slurm.submitted == []
    assert run.ended == "success 0"
    assert run.clock is None


def test_hosts_that_take_no_job_are_a_result_and_nothing_is_submitted(validated: Validated) -> None:
    slurm = _Slurm([job("completed", 0)], there(sandbox_2="drained"))
    (run,), _ = validated(slurm)
    assert slurm.submitted == []
    assert run.ended == "not started: sandbox-2 is drained"
    assert run.exit_code is None


def test_a_job_that_waits_for_too_long_is_cancelled_and_says_for_what(validated: Validated) -> None:
    waiting = replace(job("pending"), started_at=None, reason="Resources")
    slurm = _Slurm([waiting], there())
    (run,), _ = validated(slurm)
    assert slurm.cancelled == [12]
    assert run.ended.startswith("not started: it waited")
    assert "Resources" in run.ended


def test_a_job_that_does_not_end_is_cancelled_and_no_success(validated: Validated) -> None:
    slurm = _Slurm([job("running")], there())
    (run,), _ = validated(slurm, files={"ended": f"0 {BOOT} 400.5 sandbox-2"})
    assert slurm.cancelled == [12]
    assert run.exit_code is None


@pytest.mark.parametrize("ended", ["", "0", "zero boot 1 sandbox-2", f"0 {BOOT} 400.5 elsewhere", "\x00\x01"])
def test_an_end_that_cannot_be_read_dates_nothing(validated: Validated, ended: str) -> None:
    slurm = _Slurm([job("completed", 0)], there())
    (run,), _ = validated(slurm, files={"ended": ended})
    assert run.clock is None

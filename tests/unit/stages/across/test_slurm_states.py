"""What Slurm says of hosts and jobs, as validation reads it."""

import pytest

from orchestrator.config import FleetSpec
from orchestrator.jobs.slurm.values import ClusterHost, SlurmJob
from orchestrator.models import HostRequest
from orchestrator.stages.plan.cluster import cluster_of, unproved_across, with_workloads
from orchestrator.stages.validate.slurm_states import ending, hosts_away


def at(name: str, state: str = "idle", reason: str = "") -> ClusterHost:
    return ClusterHost(name=name, state=state, gpus=1, cpus=2, reason=reason)


def job(state: str, exit_code: int | None = None) -> SlurmJob:
    return SlurmJob(
        fleet="lab",
        number=12,
        user="admin",
        state=state,
        name="validate-5e1f0a2b-distributed",
        host_count=2,
        hosts=("lab-1", "lab-2"),
        gpus=0,
        reason="",
        started_at=1.0,
        ends_at=2.0,
        exit_code=exit_code,
        restarts=0,
        folder="/shared/admin",
        output="/shared/admin/job-12.log",
    )


def test_hosts_that_take_no_job_are_named_with_their_reason() -> None:
    there = [
        at("lab-1"),
        at("lab-2", "drained", "orchestrate: Xid 79"),
        at("lab-3", "down*"),
        at("lab-4", "mixed"),
    ]
    assert hosts_away(("lab-1", "lab-4"), there) == ""
    told = hosts_away(("lab-1", "lab-2", "lab-3", "lab-5"), there)
    assert told == "lab-2 is drained (orchestrate: Xid 79), lab-3 is down*, lab-5 is not known to Slurm"


@pytest.mark.parametrize(
    ("state", "code", "told", "words"),
    [
        ("completed", 0, 0, "success 0"),
        ("completed", 0, None, "success 0"),
        ("completed", 0, 1, "exit-code 1"),
        ("failed", 1, 1, "exit-code 1"),
        ("failed", 1, 0, "exit-code 1"),
        ("failed", 2, None, "exit-code 2"),
        ("failed", 137, None, "signal 9"),
        ("failed", None, None, "signal failed"),
        ("timeout", None, None, "timeout TERM"),
        ("out_of_memory", None, None, "oom-kill KILL"),
        ("cancelled", None, 0, "signal cancelled"),
        ("node_fail", None, None, "signal node_fail"),
        ("running", None, None, "signal running"),
    ],
)
def test_only_what_slurm_calls_completed_and_the_task_calls_good_is_a_success(
    state: str, code: int | None, told: int | None, words: str
) -> None:
    assert ending(job(state, code), told) == words


def _spec(count: int, framework: str = "tensorflow") -> FleetSpec:
    return FleetSpec.model_validate(
        {"name": "lab", "hosts": count, "cluster": {"enabled": True}, "stack": {"framework": framework}}
    )


def _hosts(count: int) -> tuple[HostRequest, ...]:
    return tuple(
        HostRequest(name=f"lab-{number}", distribution="debian-12") for number in range(1, count + 1)
    )


def test_a_cluster_of_several_hosts_proves_itself_as_one() -> None:
    spec = _spec(3)
    cluster = with_workloads(cluster_of(spec, _hosts(3)), spec)
    assert cluster is not None
    assert [each.workload for each in cluster.workloads] == ["all_reduce", "distributed"]
    assert all(dict(each.options)["tasks"] == 3 for each in cluster.workloads)
    assert unproved_across(cluster, spec) == ()


def test_where_nothing_is_proved_across_hosts_the_plan_says_why() -> None:
    for spec, count, why in (
        (_spec(1), 1, "one host computes"),
        (_spec(2, "torch"), 2, "the environment has torch"),
    ):
        cluster = with_workloads(cluster_of(spec, _hosts(count)), spec)
        assert cluster is not None
        assert cluster.workloads == ()
        (note,) = unproved_across(cluster, spec)
        assert why in note
    assert unproved_across(None, _spec(1)) == ()

"""Builders: a cluster's plan, and the joint runs that prove it. Every value can be overridden by keyword."""

from dataclasses import replace
from itertools import combinations

from orchestrator.config.sections.training import ValidationSpec
from orchestrator.models import Certificate, Cluster, EpochPoint, Plan, WorkloadRequest, WorkloadRun
from orchestrator.stages.certify import certify
from tests.unit.stages.brought import Row
from tests.unit.stages.proofs import NOW, WORKLOADS, plan, run, runs

HOSTS = ("sandbox-1", "sandbox-2", "sandbox-3")
DIGEST = "ceb2a505320fb1e893271b8dd84049ac1cb1fd62e90cd9bd6feaabd1b051251b"


def requests(tasks: int = len(HOSTS)) -> tuple[WorkloadRequest, ...]:
    return ValidationSpec().requests_across("tensorflow", tasks)


def cluster_plan(*, device: str = "CPU", hosts: tuple[str, ...] = HOSTS) -> Plan:
    cluster = Cluster(
        controller=hosts[0], compute=hosts, shared_folder="/shared", workloads=requests(len(hosts))
    )
    return replace(plan(*hosts, workloads=WORKLOADS[device]), cluster=cluster)


def joint_run(asked: WorkloadRequest, *, device: str = "CPU", hosts: tuple[str, ...] = HOSTS) -> WorkloadRun:
    """Of all hosts, with which nothing is wrong."""
    good = run("sandbox", asked, device=device)
    tasks: dict[str, float] = {"tasks": len(hosts)}
    if asked.workload == "distributed":
        return replace(
            good, curve=_CURVE, metrics=good.metrics | tasks, tables=good.tables | {"tasks": _tasks(hosts)}
        )
    return replace(good, metrics=good.metrics | tasks, tables=good.tables | {"pairs": _pairs(hosts, device)})


def joint_runs(*, device: str = "CPU", hosts: tuple[str, ...] = HOSTS) -> tuple[WorkloadRun, ...]:
    return tuple(joint_run(asked, device=device, hosts=hosts) for asked in requests(len(hosts)))


def certified(joint: tuple[WorkloadRun, ...], *, device: str = "CPU") -> Certificate:
    """What comes of hosts with which nothing is wrong and these joint runs."""
    every = (*runs(*HOSTS, device=device), *joint)
    return certify(cluster_plan(device=device), every, hosts=HOSTS, issued_at=NOW)


def _tasks(hosts: tuple[str, ...]) -> tuple[Row, ...]:
    return tuple(
        {
            "task": number,
            "host": host,
            "devices": "CPU:0",
            "images_per_s_alone": 5200.0,
            "weights_sha256": DIGEST,
        }
        for number, host in enumerate(hosts)
    )


def _pairs(hosts: tuple[str, ...], device: str) -> tuple[Row, ...]:
    link: Row = {"link": "virtual", "transport": "grpc", "link_gbit_s": None, "bus_gb_per_s": 0.9}
    if device == "GPU":
        link = {"link": "infiniband", "transport": "nccl", "link_gbit_s": 400.0, "bus_gb_per_s": 41.0}
    return tuple(
        {"host": one, "other_host": other, "wrong": 0, "bytes": 16_777_216, **link}
        for one, other in combinations(hosts, 2)
    )


_CURVE = tuple(
    EpochPoint(epoch=epoch, loss=loss, accuracy=accuracy, seconds=seconds, images_per_s=speed)
    for epoch, loss, accuracy, seconds, speed in (
        (1, 0.6321, 0.7745, 7.3, 8800.0),
        (2, 0.3692, 0.8664, 6.5, 9216.0),
        (3, 0.3011, 0.8907, 6.5, 9216.0),
    )
)

"""Lay every planned job beside the runs that answer it. Judges nothing."""

from dataclasses import dataclass

from orchestrator.models import Plan, WorkloadRequest, WorkloadRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one host brought back for one planned workload."""

    host: str
    request: WorkloadRequest
    runs: tuple[WorkloadRun, ...]
    """Usually one. Empty: nothing came back. Several: each must hold."""
    carried: bool
    """True when the runs are those of an earlier validation."""


def collect(
    plan: Plan, runs: tuple[WorkloadRun, ...], *, hosts: tuple[str, ...], carried: tuple[WorkloadRun, ...]
) -> tuple[Result, ...]:
    """One result per host and planned workload; a run answers only a request with exactly its settings."""
    results = []
    for host in host_names(plan, hosts):
        for request in plan.workloads:
            now = tuple(run for run in runs if (run.host, run.request) == (host, request))
            before = tuple(run for run in carried if (run.host, run.request) == (host, request))
            results.append(Result(host=host, request=request, runs=now or before, carried=not now))
    return tuple(results)


def host_names(plan: Plan, hosts: tuple[str, ...]) -> tuple[str, ...]:
    """Every host that has to be proved: those that are there and those that were planned."""
    return tuple(dict.fromkeys((*hosts, *(host.name for host in plan.hosts))))


def all_runs(results: tuple[Result, ...]) -> tuple[WorkloadRun, ...]:
    """The runs that count, in the order of the results."""
    return tuple(run for result in results for run in result.runs)


def cpu_hosts(results: tuple[Result, ...]) -> tuple[str, ...]:
    """Hosts on which at least one job computed on the CPU."""
    return tuple(dict.fromkeys(run.host for run in all_runs(results) if run.device_used == "CPU"))

"""Lay the joint jobs of a cluster beside what was planned, and judge them: who took part, the same weights, every pair. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from orchestrator.models import Outcome, Plan, WorkloadRequest, WorkloadRun
from orchestrator.stages.certify.across.pairs import TABLE, judge_pairs
from orchestrator.stages.certify.evidence import Earlier, Result
from orchestrator.stages.certify.finding import Finding, passed, unknown

ALL_REDUCE, DISTRIBUTED = "all_reduce", "distributed"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Statement(NamedTuple):
    """One check that is made here, before it is worded as one."""

    place: str
    """The fleet, or a pair of hosts."""
    workload: str
    name: str
    finding: Finding


def request_known(plan: Plan, run: WorkloadRun) -> bool:
    """True for a run of the whole fleet that was planned with exactly these settings."""
    return run.host == plan.fleet and run.request in _requests(plan)


def collect_across(plan: Plan, runs: tuple[WorkloadRun, ...], earlier: Earlier) -> tuple[Result, ...]:
    """One result per joint workload; a run answers only a request with exactly its settings."""
    results = []
    for request in _requests(plan):
        now = tuple(run for run in runs if (run.host, run.request) == (plan.fleet, request))
        before = tuple(run for run in earlier.runs if (run.host, run.request) == (plan.fleet, request))
        results.append(Result(host=plan.fleet, request=request, runs=now or before, carried=not now))
    return tuple(results)


def judge_across(
    plan: Plan, results: Sequence[Result], of_hosts: Sequence[WorkloadRun]
) -> Iterator[Statement]:
    """What the joint jobs have to show beside the checks that they brought.

    Args:
        plan: of the fleet.
        results: of `collect_across`.
        of_hosts: what the hosts did each by itself.
    """
    hosts = plan.cluster.compute if plan.cluster else ()
    for result in results:
        for run in result.runs or (None,):
            workload = result.request.workload
            yield Statement(plan.fleet, workload, "hosts_confirmed", _hosts(workload, run, hosts))
            yield Statement(plan.fleet, workload, "same_device_across", _device(run, of_hosts))
            if workload == DISTRIBUTED:
                yield Statement(plan.fleet, workload, "weights_confirmed", _weights(run, hosts))
            if workload == ALL_REDUCE:
                for pair, name, finding in judge_pairs(run, hosts):
                    yield Statement(pair, workload, name, finding)


def _requests(plan: Plan) -> tuple[WorkloadRequest, ...]:
    return plan.cluster.workloads if plan.cluster else ()


def _hosts(workload: str, run: WorkloadRun | None, hosts: Sequence[str]) -> Finding:
    """Every host that was planned to compute took part, once, and no other."""
    expected = f"{len(hosts)} hosts, each once"
    if run is None:
        return unknown("no result with the planned settings", expected)
    names = _taking_part(workload, run)
    if not names:
        return unknown("the result does not say which hosts took part", expected)
    missing = sorted(set(hosts) - set(names))
    foreign = sorted(set(names) - set(hosts))
    twice = sorted({name for name in names if names.count(name) > 1}) if workload == DISTRIBUTED else []
    seen = f"{len(set(names))} hosts"
    reasons = [f"did not take part: {', '.join(missing)}"] if missing else []
    reasons += [f"took part and were not planned: {', '.join(foreign)}"] if foreign else []
    reasons += [f"took part more than once: {', '.join(twice)}"] if twice else []
    if run.metrics.get("tasks") != len(hosts):
        reasons.append(f"tasks: {run.metrics.get('tasks', 0):g}")
    return Finding(Outcome.FAILED, seen, expected, "; ".join(reasons)) if reasons else passed(seen, expected)


def _taking_part(workload: str, run: WorkloadRun) -> list[str]:
    if workload == DISTRIBUTED:
        return [str(row.get("host")) for row in run.tables.get("tasks", ())]
    return [str(row.get(end)) for row in run.tables.get(TABLE, ()) for end in ("host", "other_host")]


def _weights(run: WorkloadRun | None, hosts: Sequence[str]) -> Finding:
    """One digest of the weights on every host."""
    expected = "one SHA-256 of the weights on every host"
    rows = run.tables.get("tasks", ()) if run else ()
    digests = {str(row.get("host")): str(row.get("weights_sha256")) for row in rows}
    if not digests or any(host not in digests for host in hosts):
        return unknown("not every host told its weights", expected)
    unreadable = [
        host for host, digest in digests.items() if not all(map(_DIGEST.fullmatch, digest.split(", ")))
    ]
    if unreadable:
        return unknown(f"what is told of the weights of {', '.join(unreadable)} is no SHA-256", expected)
    different = sorted(set(digests.values()))
    seen = ", ".join(digest[:12] for digest in different)
    if len(different) > 1 or ", " in different[0]:
        return Finding(Outcome.FAILED, seen, expected, "the hosts ended with different weights")
    return passed(seen, expected)


def _device(run: WorkloadRun | None, of_hosts: Sequence[WorkloadRun]) -> Finding:
    """What computed together is what computes on the hosts each by itself."""
    alone = sorted({each.device_used for each in of_hosts if each.device_used})
    expected = " or ".join(alone) or "as each by itself"
    if run is None:
        return unknown("no result with the planned settings", expected)
    if alone != [run.device_used]:
        reason = f"together the {run.device_used or 'unknown device'} computed, each by itself the {expected}"
        return Finding(Outcome.ERROR, run.device_used, expected, reason)
    return passed(run.device_used, expected)

"""Lay every planned job beside the runs that answer it. Judges nothing."""

from dataclasses import dataclass, field

from orchestrator.models import HostFacts, Obstacle, Plan, WorkloadRequest, WorkloadRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What is known from before this validation."""

    runs: tuple[WorkloadRun, ...] = ()
    """Jobs of earlier validations of the same, unchanged hosts. One is looked at only where now there is none of that host with
    the planned settings; the certificate says how old it is."""
    cards: dict[str, int] = field(default_factory=dict)
    """By host, how many cards computed when it was certified last."""
    facts: tuple[HostFacts, ...] = ()
    """What hosts said of themselves before the roles ran."""
    obstacles: tuple[Obstacle, ...] = ()
    """What was found then and did not block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one host brought back for one planned workload."""

    host: str
    request: WorkloadRequest
    runs: tuple[WorkloadRun, ...]
    """Usually one. Empty: nothing came back. Several: each must hold."""
    carried: bool
    """True when the runs are those of an earlier validation."""
    promised: dict[str, int] = field(default_factory=dict)
    """Cards that the host has to have, by who says so."""


def collect(
    plan: Plan, runs: tuple[WorkloadRun, ...], *, hosts: tuple[str, ...], earlier: Earlier
) -> tuple[Result, ...]:
    """One result per host and planned workload; a run answers only a request with exactly its settings."""
    results = []
    for host in host_names(plan, hosts):
        for request in plan.workloads:
            now = tuple(run for run in runs if (run.host, run.request) == (host, request))
            before = tuple(run for run in earlier.runs if (run.host, run.request) == (host, request))
            results.append(
                Result(
                    host=host,
                    request=request,
                    runs=now or before,
                    carried=not now,
                    promised=promised_cards(plan, host, earlier),
                )
            )
    return tuple(results)


def promised_cards(plan: Plan, host: str, earlier: Earlier) -> dict[str, int]:
    """How many cards the host has to have, by who says so. Those that virtual machines have are no promise."""
    promised = {}
    if stack := plan.stacks.get(host):
        promised["the plan"] = len(stack.hardware.gpus)
    for facts in earlier.facts:
        if facts.host == host:
            promised["the preflight"] = sum(card.driver_in_use != "vfio-pci" for card in facts.cards)
    if host in earlier.cards:
        promised["an earlier certificate"] = earlier.cards[host]
    withheld = sum(
        card.driver_in_use == "vfio-pci"
        for facts in earlier.facts
        if facts.host == host
        for card in facts.cards
    )
    return {who: count - (withheld if who == "the plan" else 0) for who, count in promised.items()}


def host_names(plan: Plan, hosts: tuple[str, ...]) -> tuple[str, ...]:
    """Every host that has to be proved: those that are there and those that were planned."""
    return tuple(dict.fromkeys((*hosts, *(host.name for host in plan.hosts))))


def all_runs(results: tuple[Result, ...]) -> tuple[WorkloadRun, ...]:
    """The runs that count, in the order of the results."""
    return tuple(run for result in results for run in result.runs)


def cpu_hosts(results: tuple[Result, ...]) -> tuple[str, ...]:
    """Hosts on which at least one job computed on the CPU."""
    return tuple(dict.fromkeys(run.host for run in all_runs(results) if run.device_used == "CPU"))

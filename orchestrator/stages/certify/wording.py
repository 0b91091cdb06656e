"""Put a verdict into words: the headline, what it rests on or what speaks against it, and how old the proof is."""

from collections.abc import Iterator
from datetime import datetime

from orchestrator.models import CheckResult, Outcome, Verdict, WorkloadRun
from orchestrator.stages.certify.checks import FRESH, TRAINING, ended_at
from orchestrator.stages.certify.evidence import Earlier, Result, all_runs, cpu_hosts

_SHOWN = 4
"""So many host names in one line; the rest are counted."""

_SPELLED_OUT = 8
"""So many trainings get a line each."""


def headline(verdict: Verdict, results: tuple[Result, ...], checks: tuple[CheckResult, ...]) -> str:
    """The one line that people read. It says CPU-only where no GPU computed."""
    hosts = tuple(dict.fromkeys(result.host for result in results))
    on_cpu = cpu_hosts(results)
    where = "" if on_cpu == hosts else f" on {_names(on_cpu)}"
    word = f"{verdict} (CPU-only{where})" if on_cpu else str(verdict)
    if verdict is Verdict.PASS:
        return f"{word}: {_achievement(hosts, results)}"
    worst = tuple(check for check in checks if check.outcome is Outcome.FAILED)
    verb = "failed" if worst else "gave no answer"
    worst = worst or tuple(check for check in checks if check.outcome is not Outcome.PASSED)
    which = _names(tuple(dict.fromkeys(check.host for check in worst)))
    return f"{word}: {_count(len(worst), 'check')} {verb} on {which}"


def problems(checks: tuple[CheckResult, ...]) -> tuple[str, ...]:
    """What keeps the verdict from PASS, failures first; checks with one and the same reason share a line."""
    names: dict[tuple[bool, str, str], list[str]] = {}
    for check in checks:
        if check.outcome is not Outcome.PASSED:
            reason = check.reason or f"{check.outcome}; seen {check.seen}, expected {check.expected}"
            place = check.host if check.workload in {"host", "fleet"} else f"{check.host}, {check.workload}"
            names.setdefault((check.outcome is not Outcome.FAILED, place, reason), []).append(check.name)
    return tuple(
        f"{place}: {reason} ({which[0] if len(which) == 1 else _count(len(which), 'check')})"
        for (_, place, reason), which in sorted(names.items(), key=lambda item: item[0][0])
    )


def actions(checks: tuple[CheckResult, ...]) -> tuple[str, ...]:
    """What to do about the problems, failures first, each once, with the hosts that it is for."""
    hosts: dict[str, dict[str, None]] = {}
    worst = sorted(checks, key=lambda check: check.outcome is not Outcome.FAILED)
    for check in worst:
        if check.outcome is not Outcome.PASSED and check.action:
            hosts.setdefault(check.action, {})[check.host] = None
    return tuple(f"{_names(tuple(names))}: {action}" for action, names in hosts.items())


def proof(
    results: tuple[Result, ...], joint: tuple[Result, ...], checks: tuple[CheckResult, ...]
) -> tuple[str, ...]:
    """What a PASS rests on; of a large fleet only the training that came out lowest is spelled out.

    Args:
        results: of the hosts, each by itself.
        joint: of a cluster's hosts together.
        checks: all.
    """
    trainings = tuple(run for run in all_runs(results) if run.request.workload in TRAINING)
    if len(trainings) > _SPELLED_OUT:
        trainings = (min(trainings, key=lambda run: run.metrics["test_accuracy"]),)
    lines = [
        f"{run.host}: test accuracy {run.metrics['test_accuracy']:.3f} (at least {run.request.min_accuracy:g}"
        f" was asked for), {run.metrics['images_per_s']:,.0f} images/s on the {run.device_used}"
        for run in trainings
    ]
    lines += [line for run in all_runs(joint) for line in _together(run)]
    lines.append(f"all {len(checks)} checks passed")
    if cpu_hosts(results):
        told = all(run.request.device == "cpu" for run in all_runs(results) if run.device_used == "CPU")
        why = "the plan asks for the CPU" if told else "no NVIDIA card was seen"
        lines.append(f"CPU-only: {why} on {_names(cpu_hosts(results))}")
    return tuple(lines)


def ages(results: tuple[Result, ...], issued_at: datetime) -> tuple[str, ...]:
    """One line when not everything was proved just now: what is older, since when, and what was checked again."""
    before, now = [], []
    hosts = {result.host for result in results}
    for request in dict.fromkeys(result.request for result in results):
        name = "training" if request.workload in TRAINING else request.workload
        parts = [result for result in results if result.request == request and result.runs]
        old = [part for part in parts if part.carried or issued_at - _proved_at(part) > FRESH]
        new = [part for part in parts if part not in old]
        if old:
            since = min(_proved_at(part) for part in old)
            before.append(f"{name} proved {since:%Y-%m-%d %H:%M} UTC{_on(old, hosts)}")
        if new:
            now.append(f"{name} re-checked now{_on(new, hosts)}")
    return ("; ".join((*before, *now)),) if before else ()


def notes(results: tuple[Result, ...], earlier: Earlier) -> tuple[str, ...]:
    """What a person should know and no check fails for: what cards said, settings set aside, what the preflight found."""
    found = [f"{one.host}, before the roles ran: {one.seen}" for one in earlier.obstacles if not one.blocks]
    for run in all_runs(results):
        if run.evidence:
            found += [f"{run.host}: {note}" for note in run.evidence.notes]
            found += [
                f"{run.host}: {one.name} is {one.found} there ({one.source}); the job used {one.used}"
                for one in run.evidence.settings
            ]
    return tuple(dict.fromkeys(found))


def _together(run: WorkloadRun) -> Iterator[str]:
    """What the hosts of a cluster reached as one."""
    figures = run.metrics
    if "efficiency" in figures:
        yield (
            f"{run.host}: {figures['tasks']:g} hosts train together to {figures['test_accuracy']:.3f} at "
            f"{figures['images_per_s']:,.0f} images/s, {figures['efficiency']:.0%} of what they do each by itself, with identical weights"
        )
    elif "slowest_pair_bus_gb_per_s" in figures:
        yield (
            f"{run.host}: pairs of hosts add up at {figures['slowest_pair_bus_gb_per_s']:.3g} to "
            f"{figures['fastest_pair_bus_gb_per_s']:.3g} GB/s"
        )


def _achievement(hosts: tuple[str, ...], results: tuple[Result, ...]) -> str:
    who = hosts[0] if len(hosts) == 1 else _count(len(hosts), "host")
    trainings = tuple(result for result in results if result.request.workload in TRAINING)
    if not trainings:
        return f"{who} {'computes' if len(hosts) == 1 else 'compute'} correctly; no training was planned"
    runs = all_runs(trainings)
    what = " and ".join(dict.fromkeys(TRAINING[run.request.workload] for run in runs))
    accuracy = _span(tuple(f"{run.metrics['test_accuracy']:.3f}" for run in runs))
    speed = _span(tuple(f"{run.metrics['images_per_s']:,.0f}" for run in runs))
    verb = "trains" if len(hosts) == 1 else "train"
    if any(result.carried for result in trainings):
        verb = "trained"
    return f"{who} {verb} {what} to {accuracy} at {speed} images/s{'' if len(hosts) == 1 else ' each'}"


def _proved_at(result: Result) -> datetime:
    """When the oldest of its runs ended."""
    return min(map(ended_at, result.runs))


def _span(texts: tuple[str, ...]) -> str:
    low, high = min(texts, key=_number), max(texts, key=_number)
    return low if low == high else f"{low}-{high}"


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _on(parts: list[Result], hosts: set[str]) -> str:
    some = tuple(part.host for part in parts)
    return "" if set(some) == hosts else f" on {_names(some)}"


def _names(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

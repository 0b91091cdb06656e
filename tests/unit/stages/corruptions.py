"""Every way to remove or spoil one item of a passing set of runs."""

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from orchestrator.models import Outcome, Plan, WorkloadRun
from tests.unit.stages.proofs import WORKLOADS, plan, request, runs

Case = tuple[Plan, tuple[WorkloadRun, ...], tuple[str, ...]]
"""Plan, runs and hosts, as `certify` takes them."""

HOSTS = ("sandbox-1", "sandbox-2")
NOT_PASSED = (Outcome.FAILED, Outcome.SKIPPED, Outcome.ERROR)


def corruptions(device: str) -> Iterator[tuple[str, Case]]:
    """Every way to remove or spoil one item of a passing set of two hosts."""
    good = runs(*HOSTS, device=device)
    wanted = plan(*HOSTS, workloads=WORKLOADS[device])
    yield "no runs", (wanted, (), HOSTS)
    yield "no hosts", (wanted, good, ())
    yield "no workloads", (plan(*HOSTS, workloads=()), good, HOSTS)
    yield "unknown workload", (replace(wanted, workloads=(request("mnist"),)), good, HOSTS)
    for index, host in enumerate(HOSTS):
        yield f"without {host}", (wanted, good, HOSTS[:index] + HOSTS[index + 1 :])
        yield f"beside {host} a new host", (wanted, good, (*HOSTS, f"{host}0"))
    for index, one in enumerate(good):
        where = f"{one.host} {one.request.workload}"
        before, after = good[:index], good[index + 1 :]
        yield f"{where} removed", (wanted, before + after, HOSTS)
        if one.host != HOSTS[0]:  # what is judged of one host is judged of each
            continue
        for name, spoilt in spoilt_runs(one):
            yield f"{where} {name}", (wanted, (*before, spoilt, *after), HOSTS)
            yield f"{where} {name}, beside the good one", (wanted, (*good, spoilt), HOSTS)


def spoilt_runs(good: WorkloadRun) -> Iterator[tuple[str, WorkloadRun]]:
    yield "of a foreign host", replace(good, host="elsewhere-1")
    yield "with other settings", replace(good, request=replace(good.request, min_accuracy=0.1))
    yield "of another workload", replace(good, request=replace(good.request, workload="otto"))
    for code in (None, 1, 2, -9, 137):
        yield f"exit code {code}", replace(good, exit_code=code)
    for used in ("", "TPU", "GPU" if good.device_used == "CPU" else "CPU"):
        yield f"device {used!r}", replace(good, device_used=used)
    if good.device_used == "CPU":
        yield "a card on the bus", replace(good, gpu_expected=True)
    else:
        yield "devices forgotten", replace(good, devices=())
    yield from spoilt_checks(good)
    yield from spoilt_metrics(good)


def spoilt_checks(good: WorkloadRun) -> Iterator[tuple[str, WorkloadRun]]:
    yield "no checks", replace(good, checks=())
    for index, check in enumerate(good.checks):
        rest = good.checks[:index] + good.checks[index + 1 :]
        yield f"without {check.name}", replace(good, checks=rest)
        spoilt = [replace(check, outcome=outcome) for outcome in NOT_PASSED]
        spoilt += [
            replace(check, host="other"),
            replace(check, workload="other"),
            replace(check, name="other"),
        ]
        spoilt += [replace(check, outcome="PASSED")]  # type: ignore[arg-type]  # what a damaged file could hold
        for bad, code in product(spoilt, (0, 1, 2)):
            yield f"{bad} and exit code {code}", replace(good, checks=(*rest, bad), exit_code=code)
    for outcome, code in product(NOT_PASSED, (0, 1, 2)):
        extra = replace(good.checks[0], name="extra", outcome=outcome)
        yield f"an extra check {outcome}, {code}", replace(good, checks=(*good.checks, extra), exit_code=code)


def spoilt_metrics(good: WorkloadRun) -> Iterator[tuple[str, WorkloadRun]]:
    for name in good.metrics:
        rest = {key: value for key, value in good.metrics.items() if key != name}
        yield f"without {name}", replace(good, metrics=rest)
        for value in (math.nan, math.inf, -math.inf, -1.0):
            yield f"{name} {value}", replace(good, metrics=rest | {name: value})
    if good.request.workload == "fashion_mnist":
        yield "accuracy too low", replace(good, metrics=good.metrics | {"test_accuracy": 0.8499})
        yield "accuracy above 1", replace(good, metrics=good.metrics | {"test_accuracy": 89.3})
        yield "loss rose", replace(good, metrics=good.metrics | {"last_loss": 2.7})
        yield "loss stood still", replace(good, metrics=good.metrics | {"last_loss": 2.2945})

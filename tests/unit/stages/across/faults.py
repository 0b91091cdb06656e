"""Kinds of fault in what hosts do together: the workload, the change, its verdict and its reason."""

from collections.abc import Callable
from dataclasses import replace

from orchestrator.models import Outcome, Verdict, WorkloadRun

Spoil = Callable[[WorkloadRun], WorkloadRun]


def rows(table: str, change: Callable[[list[dict[str, object]]], object]) -> Spoil:
    def spoil(good: WorkloadRun) -> WorkloadRun:
        changed: list[dict[str, object]] = [dict(row) for row in good.tables[table]]
        change(changed)
        return replace(good, tables=good.tables | {table: tuple(changed)})  # type: ignore[arg-type]

    return spoil


def metric(**figures: float) -> Spoil:
    return lambda good: replace(good, metrics=good.metrics | figures)


def failed(name: str, reason: str) -> Spoil:
    """The job itself says so, and could not go on."""

    def spoil(good: WorkloadRun) -> WorkloadRun:
        checks = tuple(
            replace(each, outcome=Outcome.FAILED, reason=reason) if each.name == name else each
            for each in good.checks
        )
        job = replace(good.job, status="error") if good.job else None
        return replace(good, checks=checks, job=job, exit_code=2)

    return spoil


FAULTS: dict[str, tuple[str, Spoil, Verdict, str]] = {
    "a host that did not take part": (
        "distributed",
        rows("tasks", lambda each: each.pop()),
        Verdict.FAIL,
        "did not take part: sandbox-3",
    ),
    "a host that nobody planned": (
        "distributed",
        rows("tasks", lambda each: each[2].update(host="elsewhere-1")),
        Verdict.FAIL,
        "took part and were not planned: elsewhere-1",
    ),
    "a host twice": (
        "distributed",
        rows("tasks", lambda each: each.append(each[0])),
        Verdict.FAIL,
        "took part more than once: sandbox-1",
    ),
    "a task that did not come": (
        "distributed",
        failed("tasks_counted", "2 of 3 tasks came within 120 s; missing: task 2"),
        Verdict.FAIL,
        "missing: task 2",
    ),
    "weights that the job itself found different": (
        "distributed",
        failed("weights_identical", "the weights of task 1 on sandbox-2 are not those of the others"),
        Verdict.FAIL,
        "the weights of task 1",
    ),
    "too few tasks": ("distributed", metric(tasks=2), Verdict.FAIL, "tasks: 2"),
    "no tasks": (
        "distributed",
        rows("tasks", lambda each: each.clear()),
        Verdict.UNSURE,
        "which hosts took part",
    ),
    "other weights on one host": (
        "distributed",
        rows("tasks", lambda each: each[1].update(weights_sha256="0" * 64)),
        Verdict.FAIL,
        "different weights",
    ),
    "other weights on the second card of a host": (
        "distributed",
        rows("tasks", lambda each: each[1].update(weights_sha256=f"{each[1]['weights_sha256']}, {'0' * 64}")),
        Verdict.FAIL,
        "different weights",
    ),
    "weights that are no digest": (
        "distributed",
        rows("tasks", lambda each: [one.update(weights_sha256="same") for one in each]),
        Verdict.UNSURE,
        "is no SHA-256",
    ),
    "an accuracy below its bar": ("distributed", metric(test_accuracy=0.71), Verdict.FAIL, "0.710 is below"),
    "an accuracy that is too good": (
        "distributed",
        metric(test_accuracy=0.97),
        Verdict.FAIL,
        "0.9700 is not",
    ),
    "an efficiency of nothing": ("distributed", metric(efficiency=0.0), Verdict.FAIL, "efficiency 0 is not"),
    "an efficiency that cannot be": (
        "distributed",
        metric(efficiency=1.9),
        Verdict.FAIL,
        "efficiency 1.9 is not",
    ),
    "a speed that no epoch had": ("distributed", metric(images_per_s=90_000.0), Verdict.UNSURE, "images/s"),
    "the CPU in place of cards": (
        "distributed",
        lambda good: replace(good, device_used="TPU"),
        Verdict.UNSURE,
        "together the TPU computed",
    ),
    "a wrong sum": (
        "all_reduce",
        rows("pairs", lambda each: each[1].update(wrong=7)),
        Verdict.FAIL,
        "7 numbers of its sums are wrong",
    ),
    "a sum that nobody compared": (
        "all_reduce",
        rows("pairs", lambda each: each[1].pop("wrong")),
        Verdict.UNSURE,
        "does not say whether its sums are right",
    ),
    "a pair that was not measured": (
        "all_reduce",
        rows("pairs", lambda each: each.pop()),
        Verdict.UNSURE,
        "nothing was measured of this pair",
    ),
    "a pair that is there twice": (
        "all_reduce",
        rows("pairs", lambda each: each.append(each[0])),
        Verdict.UNSURE,
        "twice",
    ),
    "a pair far slower than the others": (
        "all_reduce",
        rows("pairs", lambda each: each[2].update(bus_gb_per_s=0.3)),
        Verdict.FAIL,
        "the median of the other pairs is 0.9",
    ),
    "a speed that is no number": (
        "all_reduce",
        rows("pairs", lambda each: each[2].update(bus_gb_per_s=None)),
        Verdict.UNSURE,
        "no usable",
    ),
    "a host that met nobody": (
        "all_reduce",
        rows("pairs", lambda each: each.__delitem__(slice(1, 3))),
        Verdict.FAIL,
        "did not take part: sandbox-3",
    ),
    "a replayed result": (
        "distributed",
        lambda good: replace(good, job=replace(good.job, attempt="0ld0ld00")) if good.job else good,
        Verdict.UNSURE,
        "the result is of another job",
    ),
    "a result without a record of its end": (
        "all_reduce",
        lambda good: replace(good, clock=None),
        Verdict.UNSURE,
        "no record of when the job ended",
    ),
    "a job for fewer tasks": (
        "distributed",
        lambda good: (
            replace(good, job=replace(good.job, arguments=good.job.arguments | {"tasks": 2}))
            if good.job
            else good
        ),
        Verdict.UNSURE,
        "tasks 2 instead of 3",
    ),
    "a truncated result": (
        "all_reduce",
        lambda good: replace(good, job=None, checks=(), metrics={}, tables={}, evidence=None, devices=()),
        Verdict.UNSURE,
        "cannot be read",
    ),
    "a job that Slurm did not start": (
        "distributed",
        lambda good: replace(
            good,
            job=None,
            checks=(),
            exit_code=None,
            ended="not started: sandbox-2 is drained (orchestrate: Xid 79)",
            metrics={},
            tables={},
        ),
        Verdict.UNSURE,
        "the job was not started: sandbox-2 is drained",
    ),
    "a job that its time limit ended": (
        "distributed",
        lambda good: replace(good, exit_code=None, ended="timeout TERM"),
        Verdict.FAIL,
        "was not done within 900 s",
    ),
    "another host's failure behind a good result": (
        "all_reduce",
        lambda good: replace(good, exit_code=1),
        Verdict.UNSURE,
        "yet no check of it failed",
    ),
    "data that are not the published ones": (
        "distributed",
        lambda good: replace(good, evidence=replace(good.evidence, data=())) if good.evidence else good,
        Verdict.UNSURE,
        "did not say what it read",
    ),
}


LINKS: dict[str, tuple[dict[str, object], Verdict, str]] = {
    "below its floor": (
        {"bus_gb_per_s": 20.0, "link_gbit_s": 400.0},
        Verdict.FAIL,
        "its link carries at least 25",
    ),
    "loopback": ({"link": "loopback", "link_gbit_s": None}, Verdict.UNSURE, "nccl over loopback"),
    "virtual": ({"link": "virtual", "link_gbit_s": 10.0}, Verdict.UNSURE, "nccl over virtual of 10 Gbit/s"),
    "unknown": ({"link": None}, Verdict.UNSURE, "nccl over unknown"),
    "faster than what is known": (
        {"link": "ethernet", "link_gbit_s": 100.0},
        Verdict.UNSURE,
        "nccl over ethernet of 100 Gbit/s",
    ),
}

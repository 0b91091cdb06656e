"""What a training on several hosts has to show."""

import math

import numpy as np
import pytest

from workloads.collectives.session import check_counted, check_tasks
from workloads.distributed import judge
from workloads.result import Outcome


def told(*digests: str) -> list[dict[str, object]]:
    return [{"host": f"gpu-{rank + 1}", "digests": [each]} for rank, each in enumerate(digests)]


def test_one_bit_is_another_digest() -> None:
    weights = np.ones(1000, np.float32)
    other = weights.copy()
    other[500] = np.nextafter(np.float32(1), np.float32(2))
    assert judge.digest(weights) == judge.digest(weights.copy())
    assert judge.digest(weights) != judge.digest(other)


def test_weights_that_differ_on_one_host_fail_and_name_it() -> None:
    assert judge.check_identical(told("a" * 64, "a" * 64), 2).outcome is Outcome.PASSED
    bad = judge.check_identical(told("a" * 64, "b" * 64, "a" * 64), 3)
    assert bad.outcome is Outcome.FAILED
    assert "task 1 on gpu-2" in bad.reason


def test_a_replica_that_tells_nothing_is_missed() -> None:
    assert judge.check_identical(told("a" * 64), 2).outcome is Outcome.FAILED
    assert judge.check_identical([{"host": "gpu-1"}, *told("a" * 64)], 2).outcome is Outcome.FAILED
    assert judge.check_identical([], 2).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("together", "alone", "share"),
    [(1800.0, [1000.0, 1000.0], 0.9), (1000.0, [1000.0], 1.0), (900.0, [500.0, 1000.0], 0.6)],
)
def test_efficiency_is_what_is_left_of_what_hosts_do_each_by_itself(
    together: float, alone: list[float], share: float
) -> None:
    assert math.isclose(judge.efficiency(together, alone), share)


@pytest.mark.parametrize(
    ("together", "alone"), [(0.0, [1.0]), (1.0, []), (1.0, [0.0, 1.0]), (math.nan, [1.0]), (1.0, [math.inf])]
)
def test_a_speed_that_was_not_measured_is_no_efficiency(together: float, alone: list[float]) -> None:
    assert judge.check_efficiency(together, alone, 0.0).outcome is Outcome.FAILED


def test_a_bar_for_efficiency_is_kept() -> None:
    assert judge.check_efficiency(900.0, [500.0, 1000.0], 0.0).outcome is Outcome.PASSED
    assert judge.check_efficiency(900.0, [500.0, 1000.0], 0.6).outcome is Outcome.PASSED
    assert judge.check_efficiency(900.0, [500.0, 1000.0], 0.7).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("present", "started", "asked", "outcome"),
    [
        (2, 2, 0, Outcome.PASSED),
        (2, 2, 2, Outcome.PASSED),
        (1, 2, 0, Outcome.FAILED),
        (2, 2, 3, Outcome.FAILED),
        (1, 1, 2, Outcome.FAILED),
    ],
)
def test_fewer_tasks_than_asked_for_fail(present: int, started: int, asked: int, outcome: Outcome) -> None:
    assert check_counted(present, started, asked).outcome is outcome


def test_what_one_task_found_of_its_own_devices_counts() -> None:
    good = {"host": "gpu-1", "checks": [{"name": "device_used", "outcome": "passed", "reason": ""}]}
    bad = {
        "host": "gpu-2",
        "checks": [{"name": "device_used", "outcome": "failed", "reason": "CPU computed"}],
    }
    assert check_tasks([good, good], 2).outcome is Outcome.PASSED
    assert "task 1 on gpu-2: device_used: CPU computed" in check_tasks([good, bad], 2).reason
    assert check_tasks([good, {"host": "gpu-2", "checks": []}], 2).outcome is Outcome.FAILED
    assert check_tasks([good], 2).outcome is Outcome.FAILED

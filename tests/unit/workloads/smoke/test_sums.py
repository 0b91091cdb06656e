"""The small sums put to frameworks that are played: each fault is seen where it is."""

from typing import Any

import numpy as np
import pytest

from tests.unit.workloads.in_numpy import InNumPy
from workloads.result import Outcome
from workloads.smoke import judge, sums


class Placed(np.ndarray):
    """An array that knows its device."""

    where = "CPU:0"


def on(array: Any, device: str) -> Any:
    placed = np.array(array).view(Placed)
    placed.where = device
    return placed


class WithThreeDevices(InNumPy):
    """A CPU that is shown as two, and a GPU."""

    def devices(self) -> tuple[str, ...]:
        return ("CPU:0", "CPU:1", "GPU:0")

    def place(self, tensor: Any) -> str:
        return str(tensor.where)

    def put(self, array: Any, device: str) -> Any:
        return on(array, device)

    def move(self, tensor: Any, device: str) -> Any:
        return on(tensor, device)

    def scale(self, left: Any, right: Any) -> Any:
        return on(left * right, left.where)

    def multiply(self, left: Any, right: Any) -> Any:
        return on(np.asarray(left) @ np.asarray(right), left.where)


class ThatFallsBackToTheCpu(WithThreeDevices):
    def multiply(self, left: Any, right: Any) -> Any:
        return on(np.asarray(left) @ np.asarray(right), "CPU:0")


class ThatAddsWrongly(WithThreeDevices):
    def add(self, left: Any, right: Any) -> Any:
        return left + right + np.float32(1)


class ThatMultipliesWrongly(WithThreeDevices):
    def scale(self, left: Any, right: Any) -> Any:
        return on(left * right + np.float32(1), left.where)


class ThatLosesBytes(WithThreeDevices):
    def join(self, left: Any, right: Any) -> Any:
        return left


@pytest.mark.parametrize("framework", [InNumPy(), WithThreeDevices()])
def test_right_sums_pass_on_every_device(framework: InNumPy) -> None:
    assert [each.outcome for each in checks(framework)] == [Outcome.PASSED] * 4


@pytest.mark.parametrize(
    ("framework", "failed"),
    [
        (ThatFallsBackToTheCpu(), ["placed_matmul", "multi_tower_sum"]),
        (ThatAddsWrongly(), ["multi_tower_sum"]),
        (ThatMultipliesWrongly(), ["multiplication"]),
        (ThatLosesBytes(), ["hello_world"]),
    ],
)
def test_a_fault_fails_its_check(framework: InNumPy, failed: list[str]) -> None:
    assert [each.name for each in checks(framework) if each.outcome is Outcome.FAILED] == failed


def test_each_device_has_a_part_of_its_own() -> None:
    towers = sums.sum_towers(WithThreeDevices())
    assert towers.places == ("CPU:0", "CPU:1", "GPU:0")
    assert towers.total == (132.0, 168.0, 294.0, 384.0)  # (1 + 2 + 3) * A @ B


def test_the_only_device_makes_two_parts() -> None:
    towers = sums.sum_towers(InNumPy())
    assert (towers.places, towers.total) == (("CPU:0", "CPU:0"), (66.0, 84.0, 147.0, 192.0))


def test_a_number_is_computed_where_it_was_asked_for() -> None:
    assert sums.multiply_numbers(WithThreeDevices(), "GPU:0") == (56088.0, "GPU:0")


def checks(framework: InNumPy) -> list[Any]:
    return [
        judge.check_greeting(sums.greet(framework)),
        judge.check_multiplication(sums.multiply_numbers(framework, "CPU:0")[0]),
        judge.check_products(sums.multiply_matrices(framework, framework.devices(), seed=1)),
        judge.check_towers(sums.sum_towers(framework)),
    ]

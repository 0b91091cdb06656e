"""The sums of `smoke` against what is known of them beforehand."""

import math

import pytest

from workloads.result import Outcome
from workloads.smoke.judge import (
    Product,
    Towers,
    check_greeting,
    check_multiplication,
    check_products,
    check_towers,
)


def test_the_known_answers_pass() -> None:
    assert check_greeting("Hello, world!").outcome is Outcome.PASSED
    assert check_multiplication(56088).outcome is Outcome.PASSED
    assert check_products((product("GPU:0"), product("GPU:1"))).outcome is Outcome.PASSED
    assert check_towers(towers()).outcome is Outcome.PASSED


def test_wrong_answers_fail_and_say_what_was_seen() -> None:
    assert (check_greeting("Hello").outcome, check_greeting("Hello").seen) == (Outcome.FAILED, "Hello")
    assert check_multiplication(56089).reason == "123 x 456 is 56088"


@pytest.mark.parametrize("error", [1.01, math.nan, math.inf])
def test_a_matrix_product_outside_the_tolerance_fails(error: float) -> None:
    assert check_products((product("CPU:0"), product("CPU:1", error=error))).outcome is Outcome.FAILED


def test_a_right_matrix_product_from_the_wrong_device_fails() -> None:
    check = check_products((product("GPU:0"), product("GPU:1", place="GPU:0")))
    assert check.outcome is Outcome.FAILED
    assert check.reason == "what GPU:1 was asked for was computed on GPU:0"


def test_no_matrix_product_at_all_fails() -> None:
    assert check_products(()).outcome is Outcome.FAILED


def test_a_wrong_sum_of_towers_fails() -> None:
    assert check_towers(towers(total=(1.0, 2.0))).outcome is Outcome.FAILED


def test_a_right_sum_fails_when_a_tower_stood_on_another_device() -> None:
    check = check_towers(towers(places=("CPU:0", "CPU:0")))
    assert (check.outcome, check.seen) == (Outcome.FAILED, "66 84 from CPU:0, CPU:0")


def test_one_device_twice_passes_and_says_that_it_is_the_only_one() -> None:
    both = ("CPU:0", "CPU:0")
    made = check_towers(Towers(asked=both, places=both, total=(66.0,), expected=(66.0,)))
    assert made.outcome is Outcome.PASSED
    assert made.expected == "66 from CPU:0, CPU:0, the only device of this framework here"


def test_one_part_is_no_sum() -> None:
    made = check_towers(Towers(asked=("CPU:0",), places=("CPU:0",), total=(22.0,), expected=(22.0,)))
    assert made.outcome is Outcome.FAILED


def product(asked: str, *, place: str = "", error: float = 0.01) -> Product:
    return Product(asked=asked, place=place or asked, error=error)


def towers(
    *, places: tuple[str, ...] = ("CPU:0", "GPU:0"), total: tuple[float, ...] = (66.0, 84.0)
) -> Towers:
    return Towers(asked=("CPU:0", "GPU:0"), places=places, total=total, expected=(66.0, 84.0))

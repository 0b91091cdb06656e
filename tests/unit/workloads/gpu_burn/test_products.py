"""Freivalds' check and the reckoning of speed."""

import math

import numpy as np
import pytest

from workloads.devices.framework import Array
from workloads.gpu_burn.load.products import Burst, allowed_error, freivalds, speed

SIZE = 96


def factors(seed: int = 3) -> tuple[Array, Array]:
    left, right = np.random.default_rng(seed).random((2, SIZE, SIZE)) * 2 - 1
    return left, right


@pytest.mark.parametrize("name", ["float32", "float64"])
def test_a_product_in_its_own_format_is_well_within_what_is_allowed(name: str) -> None:
    left, right = (each.astype(name) for each in factors())
    assert freivalds(left, right, left @ right, name=name, seed=1) < 0.5


def test_a_product_of_a_shorter_format_is_not_one_of_float32() -> None:
    left, right = (each.astype("float32") for each in factors())
    rounded = (left.astype("float16") @ right.astype("float16")).astype("float32")
    assert freivalds(left, right, rounded, name="float32", seed=1) > 10


def test_one_element_that_is_off_by_a_tenth_is_seen_in_every_seed() -> None:
    left, right = factors()
    product = left @ right
    product[40, 11] += 0.1
    assert min(freivalds(left, right, product, name="float32", seed=seed) for seed in range(50)) > 1


def test_rows_that_changed_places_are_seen() -> None:
    left, right = factors()
    product = left @ right
    product[[4, 5]] = product[[5, 4]]
    assert freivalds(left, right, product, name="bfloat16", seed=1) > 1


def test_whole_numbers_are_exact_or_wrong() -> None:
    generator = np.random.default_rng(5)
    left, right = generator.integers(-127, 128, (2, SIZE, SIZE))
    product = left @ right
    assert freivalds(left, right, product, name="int8", seed=1) == 0
    product[0, 0] += 1
    assert math.isinf(freivalds(left, right, product, name="int8", seed=1))


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_never_within(value: float) -> None:
    left, right = factors()
    product = left @ right
    product[1, 2] = value
    with np.errstate(invalid="ignore"):
        assert not freivalds(left, right, product, name="float16", seed=1) <= 1


def test_zeros_are_no_product() -> None:
    left, right = factors()
    assert not freivalds(left, right, np.zeros((SIZE, SIZE)), name="float16", seed=1) <= 1


def test_more_is_allowed_for_longer_sums_and_shorter_formats() -> None:
    assert allowed_error("float64", 512) < allowed_error("float32", 512) < allowed_error("float32", 8192)
    assert allowed_error("float32", 8192) < allowed_error("tf32", 8192) < allowed_error("bfloat16", 8192)


def test_speed_is_that_of_the_later_half_when_the_card_is_warm() -> None:
    cold, warm = Burst(products=10, seconds=1.0), Burst(products=10, seconds=2.0)
    slowest = Burst(products=10, seconds=4.0)
    whole, worst = speed([cold, cold, cold, warm, slowest], 10_000)
    assert whole == pytest.approx(2 * 30 / 7)
    assert worst == pytest.approx(2 * 2.5)

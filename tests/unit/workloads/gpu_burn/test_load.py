"""A whole load of devices that are played in NumPy. A healthy one passes; each fault, put in where it happens, is named."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from tests.unit.workloads.gpu_burn.stand_in import OTHER, T4, Gpu, Held, loaded
from workloads.devices.framework import Array
from workloads.gpu_burn.job import CHECKS, FormatError
from workloads.gpu_burn.load.side_by_side import on_each
from workloads.result import Kind, Outcome

OWN = set(CHECKS) - {"devices_listed", "cards_counted", "gpu_health"}


def test_a_healthy_card_passes_every_check_with_all_that_was_measured() -> None:
    checks, record = loaded(Gpu())
    assert {name: check.reason for name, check in checks.items()} == dict.fromkeys(OWN, "")
    tables = record.result(None).tables
    assert [row["format"] for row in tables["products"]] == ["float32", "float16"]
    assert [round(float(row["share"] or 0), 2) for row in tables["products"]] == [0.62, 0.45]
    assert {row["way"] for row in tables["copies"]} >= {"memory", "host to device", "device to host, pinned"}
    assert len(tables["memory_patterns"]) == 12
    assert record.used is Kind.GPU


def test_two_healthy_cards_pass_and_copy_to_each_other() -> None:
    checks, record = loaded(Gpu(tera_per_s=dict.fromkeys(("float32", "float16"), 60.0)), T4, OTHER)
    assert checks["products_verified"].outcome is Outcome.PASSED
    assert checks["copies_verified"].outcome is Outcome.PASSED
    ways = {(row["device"], row["way"]) for row in record.result(None).tables["copies"]}
    assert {("GPU:0", "to GPU:1"), ("GPU:1", "to GPU:0")} <= ways


def test_one_bit_of_one_element_of_one_product_fails_and_is_counted() -> None:
    def flip(product: Array, number: int, device: str) -> None:
        del device
        if number == 300:
            bits = product.view(np.uint32)
            bits[17, 5] ^= 1

    checks, _ = loaded(Gpu(spoil_product=flip))
    check = checks["products_verified"]
    assert check.outcome is Outcome.FAILED
    assert "differs from the first: 1 wrong products, 1 wrong elements" in check.reason
    assert check.reason.startswith("GPU:0 float32: product ")


def test_a_product_that_is_wrong_every_time_fails_though_it_never_changes() -> None:
    def spoil(product: Array, number: int, device: str) -> None:
        del number, device
        product[3, 3] += 1

    checks, _ = loaded(Gpu(spoil_product=spoil))
    assert "the product is wrong: " in checks["products_verified"].reason


def test_float32_that_is_cut_to_tensorfloat_is_not_float32() -> None:
    whole: dict[int, tuple[Held, Array]] = {}

    class Cutting(Gpu):
        """Computes with factors that have 10 bits, and says that they are whole."""

        def multiply(self, left: Held, right: Held) -> Held:
            for each in (left, right):
                whole.setdefault(id(each), (each, each.array))
                each.array = (each.array.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)
            return super().multiply(left, right)

        def widened(self, tensor: Held) -> Array:
            return whole.get(id(tensor), (tensor, tensor.array))[1].astype("float64")

    checks, _ = loaded(Cutting(formats=("float32",)))
    assert "GPU:0 float32: the product is wrong" in checks["products_verified"].reason
    checks, _ = loaded(Cutting(formats=("tf32",)))
    assert checks["products_verified"].reason == ""


def test_no_number_is_no_product() -> None:
    checks, _ = loaded(Gpu(spoil_product=lambda product, number, device: product.fill(np.nan)))
    assert checks["products_verified"].outcome is Outcome.FAILED


def test_half_speed_fails_by_the_clock_that_the_card_had() -> None:
    slow = Gpu(tera_per_s={"float32": 2.5, "float16": 30.0})
    check = loaded(slow)[0]["product_speed"]
    assert check.outcome is Outcome.FAILED
    assert check.reason == (
        "GPU:0 (Tesla T4) float32: 2.50 T/s is 31% of the catalogue's 8.1, and 45% of it at the 1100 MHz that the card had"
    )


def test_a_third_of_the_speed_fails_by_the_catalogue_alone() -> None:
    slow = Gpu(tera_per_s={"float32": 5.0, "float16": 15.0})
    check = loaded(slow, figures={"clock_sm_mhz": 300.0})[0]["product_speed"]
    assert "% of the catalogue's 65, and a healthy card reaches 30%" in check.reason
    assert "float32" not in check.reason


def test_slow_memory_fails() -> None:
    check = loaded(Gpu(gb_per_s=150.0))[0]["memory_speed"]
    assert check.outcome is Outcome.FAILED
    assert "its memory moves 150 GB/s of 320, 47%" in check.reason


def test_a_slow_link_fails() -> None:
    check = loaded(Gpu(link_gb_per_s=3.0))[0]["copy_speed"]
    assert "GPU:0 (Tesla T4) host to device, pinned: 3.0 GB/s of 15.8 that its link has" in check.reason


def test_an_unknown_card_is_never_passed_on_speed_and_verified_all_the_same() -> None:
    checks, _ = loaded(Gpu(), replace(T4, description="NVIDIA GeForce RTX 4090 Laptop GPU"))
    for name in ("product_speed", "memory_speed"):
        assert checks[name].outcome is Outcome.SKIPPED
        assert (
            checks[name].reason
            == "unknown: no rate is catalogued for GPU:0 (NVIDIA GeForce RTX 4090 Laptop GPU)"
        )
    assert checks["products_verified"].outcome is Outcome.PASSED


def test_a_card_that_disappears_in_the_middle_is_named_and_the_others_go_on() -> None:
    def disappear(product: Array, number: int, device: str) -> None:
        del product
        if device == "GPU:1" and number > 200:
            raise RuntimeError("CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure\nwith a trace")

    checks, record = loaded(Gpu(spoil_product=disappear), T4, OTHER)
    reason = "GPU:1 stopped: in float32: RuntimeError: CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure"
    assert checks["products_verified"].reason == reason
    assert "GPU:1 stopped" in checks["copies_verified"].reason
    assert "GPU:1 stopped" in checks["memory_pattern"].reason
    assert {row["device"] for row in record.result(None).tables["memory_patterns"]} == {"GPU:0"}


def test_a_card_that_never_answers_is_left_behind() -> None:
    never = threading.Event()

    def work(device: str, stop: threading.Event) -> str:
        if device == "GPU:1":
            never.wait(60)
        return device

    results = on_each(("GPU:0", "GPU:1"), work, lambda: 0.0, 0.2)
    never.set()
    assert results.made == {"GPU:0": "GPU:0"}
    assert results.lost == {"GPU:1": "it did not answer within 0 s"}


def test_want_of_memory_is_no_fault_of_a_card() -> None:
    def work(device: str, stop: threading.Event) -> str:
        raise MemoryError(device)

    with pytest.raises(MemoryError, match="GPU:0"):
        on_each(("GPU:0",), work, lambda: 0.0, 5.0)


def test_a_cell_with_a_bit_that_is_stuck_is_found() -> None:
    def stick(cells: Array) -> None:
        if len(cells) > 9:
            cells[9] |= 1 << 40

    check = loaded(Gpu(spoil_memory=stick))[0]["memory_pattern"]
    assert check.outcome is Outcome.FAILED
    assert "wrong cells in walking ones (step 0), the first in the stretch from 0 MiB" in check.reason
    assert "the sum of walking ones (step 0) is not NumPy's" in check.reason


def test_a_cell_that_answers_for_another_one_is_found() -> None:
    seen: list[Array] = []

    def alias(cells: Array) -> None:
        """The second stretch is where the first one is, in one cell: writing there changes it."""
        if len(cells) != 2**17:
            return
        if seen and seen[-1][0] == 0 and cells[0] == 2**17:
            seen[-1][7] = cells[7]
        seen.append(cells)

    check = loaded(Gpu(spoil_memory=alias))[0]["memory_pattern"]
    assert "wrong cells in address (step 0), the first in the stretch from 0 MiB" in check.reason


def test_no_memory_is_tested_where_none_was_asked_for() -> None:
    checks, record = loaded(Gpu(), memory_share=0.0)
    assert (checks["memory_pattern"].outcome, checks["memory_pattern"].seen) == (Outcome.PASSED, "not asked")
    assert "memory_patterns" not in record.result(None).tables


def test_what_arrives_changed_is_found() -> None:
    def spoil(cells: Array) -> None:
        cells[1] ^= 2

    check = loaded(Gpu(spoil_sent=spoil))[0]["copies_verified"]
    assert "GPU:0 host to device: 1 cells of 3 MiB arrived changed" in check.reason


def test_a_format_that_the_framework_lacks_is_refused_where_it_was_asked_for() -> None:
    with pytest.raises(
        FormatError, match="float8 was asked for, and tensorflow multiplies float32, float16 here"
    ):
        loaded(Gpu(), precisions="float8")

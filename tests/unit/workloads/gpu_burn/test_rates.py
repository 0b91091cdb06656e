"""The catalogue of rates: complete, plausible, and found by the names that cards have."""

import pytest

from orchestrator.jobs.program import workloads_program
from workloads.gpu_burn.rates import Rates, catalogue, found


@pytest.mark.parametrize(
    ("name", "float16", "bandwidth"),
    [
        ("Tesla T4", 65, 320),
        ("NVIDIA A100-SXM4-40GB", 312, 1555),
        ("NVIDIA A100 80GB PCIe", 312, 1935),
        ("NVIDIA H100 80GB HBM3", 989.4, 3352),
        ("NVIDIA H100 PCIe", 756, 2039),
        ("NVIDIA H200", 989.4, 4800),
        ("NVIDIA GeForce RTX 4090", 165.2, 1008),
    ],
)
def test_a_card_is_found_by_the_name_that_its_driver_gives(
    name: str, float16: float, bandwidth: float
) -> None:
    rates = found(name)
    assert rates is not None
    assert (rates.tera["float16"], rates.bandwidth_gb_s) == (float16, bandwidth)


@pytest.mark.parametrize(
    "name",
    [
        "NVIDIA GeForce RTX 4090 Laptop GPU",
        "NVIDIA GeForce RTX 4090 Laptop GPU MIG 1g.5gb",
        "NVIDIA A100-SXM4-40GB MIG 9g.99gb",
        "NVIDIA H100",
        "",
        "A CPU, 2 cores",
    ],
)
def test_what_is_not_in_the_catalogue_is_unknown_and_not_its_neighbour(name: str) -> None:
    assert found(name) is None


@pytest.mark.parametrize(
    ("name", "whole", "multiprocessors", "bandwidth"),
    [
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", "A100-SXM4-40GB", 14 / 108, 1 / 8),
        ("NVIDIA A100-SXM4-40GB MIG 3g.20gb", "A100-SXM4-40GB", 42 / 108, 4 / 8),
        ("NVIDIA A100-SXM4-40GB MIG 1c.3g.20gb", "A100-SXM4-40GB", 14 / 108, 4 / 8),
        ("NVIDIA A30 MIG 2g.12gb", "A30", 28 / 56, 2 / 4),
        ("NVIDIA H100 80GB HBM3 MIG 1g.10gb+me", "H100 80GB HBM3", 16 / 132, 1 / 8),
        ("NVIDIA H200 MIG 7g.141gb", "H200", 132 / 132, 1),
    ],
)
def test_a_slice_has_no_more_than_its_share_of_the_card_and_not_less_than_half_of_that(
    name: str, whole: str, multiprocessors: float, bandwidth: float
) -> None:
    slices, card = found(name), catalogue()[whole]
    assert slices is not None
    for format_ in card.tera:
        assert 0.5 <= slices.tera[format_] / (card.tera[format_] * multiprocessors) <= 1
    assert 0.25 <= slices.bandwidth_gb_s / (card.bandwidth_gb_s * bandwidth) <= 1


@pytest.mark.parametrize("rates", catalogue().values(), ids=lambda rates: rates.name)
def test_rates_of_a_card_fit_each_other(rates: Rates) -> None:
    """Shorter formats are no slower; all are dense, so int8 is at most four times float16; each says where it is from."""
    tera = rates.tera
    assert tera["float64"] <= tera["float32"]
    for slower, faster in (
        ("float32", "tf32"),
        ("tf32", "float16"),
        ("float16", "int8"),
        ("float16", "float8"),
    ):
        if slower in tera and faster in tera:
            assert tera[slower] <= tera[faster] * 1.001
    if "float16" in tera and "int8" in tera:
        assert tera["int8"] / tera["float16"] <= 4.02
    assert "tf32" not in tera or tera.get("bfloat16") == tera.get("float16")
    assert 0.3 <= rates.floor <= 0.5
    assert rates.source
    assert rates.confidence in {"high", "medium"}


@pytest.mark.parametrize(
    ("name", "multiprocessors", "per_clock"),
    [
        # Multiply-adds of float32 a clock in a multiprocessor: 128, of Volta, Turing and the A100 64 (CUDA C Programming Guide,
        # table "Throughput of Native Arithmetic Instructions").
        ("Tesla V100-SXM2-16GB", 80, 64),
        ("Tesla T4", 40, 64),
        ("A100-SXM4-80GB", 108, 64),
        ("H100 80GB HBM3", 132, 128),
        ("H200", 132, 128),
        ("L4", 58, 128),
        ("L40S", 142, 128),
        ("A10", 72, 128),
        ("GeForce RTX 3090", 82, 128),
        ("GeForce RTX 4090", 128, 128),
        ("GeForce RTX 5090", 170, 128),
    ],
)
def test_float32_is_what_the_units_do_at_the_rated_clock(
    name: str, multiprocessors: int, per_clock: int
) -> None:
    rates = catalogue()[name]
    reckoned = 2 * multiprocessors * per_clock * rates.clock_mhz * 1e6 / 1e12
    assert reckoned == pytest.approx(rates.tera["float32"], rel=0.02)


def test_the_catalogue_travels_with_the_job() -> None:
    assert b"workloads/gpu_burn/rates.csv" in workloads_program()

"""Which device has to compute, what a job may see of the host, and what is held against a silent fall-back."""

from dataclasses import replace

import pytest

from tests.unit.workloads.asked import CPU, GPU
from workloads.devices.cards import (
    Card,
    check_limit_applies,
    check_limit_fits,
    check_memory,
    limit_of_share,
)
from workloads.devices.opening import check_listed, check_used, common_kind, computing, tensor_of, wanted_kind
from workloads.result import Device, Kind, MemoryLimitError, Outcome

SMALL = Card(name="a small card", memory_mib=4096)
LARGE = Card(name="a large card", memory_mib=16384)


@pytest.mark.parametrize(
    ("requested", "devices", "wanted"),
    [
        ("auto", (CPU,), Kind.CPU),
        ("auto", (CPU, GPU), Kind.GPU),
        ("cpu", (CPU, GPU), Kind.CPU),
        ("gpu", (CPU,), Kind.GPU),
    ],
)
def test_auto_means_a_gpu_where_one_is_listed(
    requested: str, devices: tuple[Device, ...], wanted: Kind
) -> None:
    assert wanted_kind(requested, devices) is wanted


def test_a_gpu_that_was_asked_for_and_is_not_listed_is_a_failed_check() -> None:
    check = check_listed(Kind.GPU, (CPU,))
    assert (check.outcome, check.seen) == (Outcome.FAILED, "CPU:0")
    assert check.reason == "a GPU was asked for and the framework lists none"


def test_listed_devices_of_the_wanted_kind_pass() -> None:
    check = check_listed(Kind.GPU, (CPU, GPU))
    assert (check.outcome, check.seen) == (Outcome.PASSED, "CPU:0, GPU:0")


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        (Kind.GPU, ("CPU:0",)),
        (Kind.GPU, ("GPU:0", "CPU:0")),
        (Kind.GPU, ()),
        (Kind.CPU, ("GPU:0",)),
        (Kind.CPU, ("TPU:0",)),
    ],
)
def test_any_tensor_on_another_device_fails_whatever_was_listed(
    wanted: Kind, places: tuple[str, ...]
) -> None:
    assert check_used(wanted, places).outcome is Outcome.FAILED


def test_several_devices_of_the_wanted_kind_pass() -> None:
    check = check_used(Kind.GPU, ("GPU:1", "GPU:0", "GPU:0"))
    assert (check.outcome, check.seen, check.expected) == (Outcome.PASSED, "GPU:0, GPU:1", "GPU")


def test_mixed_and_unknown_places_have_no_common_kind() -> None:
    assert common_kind(("GPU:0", "GPU:3")) is Kind.GPU
    assert common_kind(("GPU:0", "CPU:0")) is None
    assert common_kind(("TPU:0",)) is None
    assert common_kind(()) is None


def test_every_card_has_to_compute_and_the_cpu_only_where_it_was_asked_to() -> None:
    second = replace(GPU, name="GPU:1")
    assert computing(Kind.GPU, (CPU, GPU, second)) == ("GPU:0", "GPU:1")
    assert computing(Kind.CPU, (CPU, GPU)) == ("CPU:0",)


@pytest.mark.parametrize(
    ("wanted", "cards", "instead"), [(Kind.CPU, (LARGE,), "the CPU"), (Kind.GPU, (), "another GPU")]
)
def test_a_memory_limit_that_nothing_would_keep_is_refused(
    wanted: Kind, cards: tuple[Card, ...], instead: str
) -> None:
    with pytest.raises(MemoryLimitError, match=f"512 MiB .* would compute on {instead}"):
        check_limit_applies(512, wanted, cards)


def test_a_memory_limit_above_the_smallest_card_is_refused() -> None:
    with pytest.raises(MemoryLimitError, match="a small card has 4096 MiB"):
        check_limit_fits(8192, (LARGE, SMALL))


def test_a_share_of_memory_is_that_of_the_smallest_card() -> None:
    assert limit_of_share(0.25, (LARGE, SMALL)) == 1024
    with pytest.raises(MemoryLimitError, match=r"a memory fraction of 0.25 was asked for"):
        limit_of_share(0.25, ())


def test_no_memory_limit_is_refused_nowhere() -> None:
    check_limit_fits(None, (SMALL,))
    check_limit_applies(None, Kind.CPU, ())


@pytest.mark.parametrize(("peak", "outcome"), [(512, Outcome.PASSED), (513, Outcome.FAILED)])
def test_memory_above_the_limit_fails(peak: int, outcome: Outcome) -> None:
    assert check_memory(512, peak).outcome is outcome


class WeightOfKeras3:
    name = "kernel"
    value: object = "tensor"


class WeightOfKeras2:
    name = "conv2d/kernel:0"

    def value(self) -> str:
        return "tensor"


def test_a_weight_gives_its_tensor_in_either_keras() -> None:
    assert tensor_of(WeightOfKeras3()) == tensor_of(WeightOfKeras2()) == "tensor"

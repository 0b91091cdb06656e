"""Which configurations a host has, and which of them are asked for."""

import pytest

from workloads.cifar10.configurations import UnknownConfigurationError, available, chosen, thread_counts


@pytest.mark.parametrize(
    ("cpus", "counts"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (16, (1, 2, 4, 8, 16))]
)
def test_threads_are_doubled_up_to_all(cpus: int, counts: tuple[int, ...]) -> None:
    assert thread_counts(cpus) == counts


def names(
    wanted: tuple[str, ...], *, backend: str = "tensorflow", device: str = "auto", gpus: int = 0
) -> list[str]:
    return [each.name for each in chosen(wanted, available(backend, device, 4, gpus))]


def test_a_host_without_gpus_has_threads_and_xla_by_default() -> None:
    assert names(("default",)) == ["cpu-threads-1", "cpu-threads-4", "cpu-xla"]


def test_each_gpu_and_all_gpus_are_measured_by_default_after_the_cpu() -> None:
    assert names(("default",), gpus=2) == [
        "cpu-threads-1",
        "cpu-threads-4",
        "cpu-xla",
        "gpu0",
        "gpu0-mixed",
        "gpu0-xla",
        "gpu1",
        "gpus-mirrored",
        "gpus-towers",
    ]


def test_all_are_all() -> None:
    assert names(("all",), gpus=2) == [
        *(
            "cpu-threads-1",
            "cpu-threads-2",
            "cpu-threads-4",
            "cpu-mixed",
            "cpu-xla",
            "cpu-mirrored",
            "cpu-towers",
        ),
        *(f"gpu{index}{kind}" for index in (0, 1) for kind in ("", "-mixed", "-xla", "-mixed-xla")),
        *("gpus-mirrored", "gpus-mirrored-mixed", "gpus-towers"),
    ]


def test_jax_shards_and_always_compiles() -> None:
    there = available("jax", "auto", 4, 2)
    assert names(("default",), backend="jax", gpus=2) == [
        *("cpu-threads-1", "cpu-threads-4", "gpu0", "gpu0-mixed", "gpu1", "gpus-sharded")
    ]
    assert all(each.xla for each in there)


def test_pytorch_has_no_configuration_over_several_gpus() -> None:
    assert names(("all",), backend="torch", device="gpu", gpus=2) == [
        "gpu0",
        "gpu0-mixed",
        "gpu1",
        "gpu1-mixed",
    ]


@pytest.mark.parametrize(("device", "kind"), [("cpu", "cpu-"), ("gpu", "gpu")])
def test_a_job_for_one_kind_of_device_measures_that_alone(device: str, kind: str) -> None:
    found = names(("all",), device=device, gpus=2)
    assert found
    assert all(name.startswith(kind) for name in found)


def test_names_are_measured_in_the_host_s_order_and_once() -> None:
    assert names(("gpu1", "cpu-threads-2", "default", "gpu1"), gpus=2)[:3] == [
        "cpu-threads-1",
        "cpu-threads-2",
        "cpu-threads-4",
    ]
    assert names(("gpu1", "cpu-threads-2"), gpus=2) == ["cpu-threads-2", "gpu1"]


def test_an_unknown_name_is_answered_with_those_that_are_there() -> None:
    with pytest.raises(UnknownConfigurationError) as caught:
        names(("gpu0", "cpu-threads-1"))
    assert str(caught.value) == (
        "--configurations: gpu0 is not here; this host has cpu-threads-1, cpu-threads-2, cpu-threads-4, cpu-mixed, "
        "cpu-xla, cpu-mirrored, cpu-towers"
    )


def test_every_name_stands_for_one_configuration() -> None:
    for backend in ("tensorflow", "jax", "torch"):
        there = available(backend, "auto", 16, 8)
        assert len({each.name for each in there}) == len(there)


def test_a_batch_is_rounded_up_to_equal_shares() -> None:
    (three,) = chosen(("gpus-mirrored",), available("tensorflow", "gpu", 4, 3))
    assert (three.batch_size(64), three.batch_size(66)) == (66, 66)
    assert three.places == ("GPU:0", "GPU:1", "GPU:2")


def test_a_gpu_alone_is_the_first_of_those_that_its_process_is_shown() -> None:
    (second,) = chosen(("gpu1",), available("tensorflow", "gpu", 4, 2))
    assert (second.device_names, second.places) == (("GPU:1",), ("GPU:0",))

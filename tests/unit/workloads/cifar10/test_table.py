"""What a row compares with, and what it leaves open."""

from tests.unit.workloads.cifar10.made_up import CPU, configuration, measurement
from workloads.cifar10.table import row
from workloads.result import Kind

FOUR = configuration(name="cpu-threads-4", threads=4)
GPU = configuration(name="gpu0", kind=Kind.GPU, threads=4)
EARLIER = {CPU: measurement(images_per_s=1000.0), FOUR: measurement(images_per_s=3200.0)}


def test_a_gpu_is_compared_with_one_thread_and_with_each_of_many() -> None:
    made = row(GPU, measurement(images_per_s=40_000.0), EARLIER)
    assert (made["speedup"], made["cpus_worth"]) == (40.0, 50.0)


def test_a_cpu_is_worth_no_cpus_and_its_first_thread_is_what_all_is_compared_with() -> None:
    first = row(CPU, measurement(), {})
    assert (first["speedup"], first["cpus_worth"]) == (1.0, None)
    assert row(FOUR, measurement(images_per_s=3200.0), EARLIER)["speedup"] == 3.2


def test_other_precisions_and_logical_devices_are_no_measure() -> None:
    odd = {configuration(name="cpu-xla", xla=True): measurement()}
    made = row(GPU, measurement(), odd)
    assert (made["speedup"], made["cpus_worth"]) == (None, None)


def test_what_broke_off_has_the_same_columns_and_nothing_measured() -> None:
    failed = row(GPU, None, EARLIER)
    assert failed.keys() == row(GPU, measurement(), EARLIER).keys()
    assert failed["name"] == "gpu0"
    assert {failed[name] for name in ("images_per_s", "accuracy", "speedup", "peak_memory_mib")} == {None}

"""Every card that any layer of a host has must be listed by the framework; where it is lost is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.workloads.asked import CPU, GPU, arguments
from workloads.devices.cards import Card
from workloads.devices.counting import check_count, count, narrowed, not_counted
from workloads.result import Outcome
from workloads.result.evidence import CardCounts, GpuReading, GpuReadings

CARD = Card(name="Tesla T4", memory_mib=15360)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"listed": 1}, "8 NVIDIA cards are there and 1 listed: the framework leaves out the others"),
        ({"listed": 1, "cuda": 1}, "8 NVIDIA cards are there and 1 listed: CUDA shows this process 1"),
        ({"listed": 7, "cuda": 7, "nvml": 7}, "8 NVIDIA cards are there and 7 listed: the driver has 7"),
        (
            {"listed": 0, "cuda": None, "nvml": None},
            "8 NVIDIA cards are there and 0 listed: no driver that works is loaded",
        ),
        (
            {"listed": 1, "cuda": 1, "hidden_by": "CUDA_VISIBLE_DEVICES=3"},
            "8 NVIDIA cards are there and 1 listed: CUDA_VISIBLE_DEVICES=3 hides the others",
        ),
    ],
)
def test_fewer_cards_than_there_are_fail_and_say_where_they_are_lost(
    changed: dict[str, object], reason: str
) -> None:
    check = check_count(replace(EIGHT, **changed))  # type: ignore[arg-type]  # each of a field's own type
    assert check.outcome is Outcome.FAILED
    assert check.reason.startswith(reason)


def test_every_card_listed_passes() -> None:
    assert check_count(EIGHT).outcome is Outcome.PASSED


def test_a_card_on_the_bus_without_a_driver_is_counted(tmp_path: Path) -> None:
    machine(tmp_path, "0000:00:1e.0", "0000:00:1f.0")
    counts = count(tmp_path, None, (CPU,), None, {})
    assert (counts.pci_bus, counts.nvml, counts.cuda, counts.expected) == (2, None, None, 2)
    assert check_count(counts).outcome is Outcome.FAILED


def test_a_card_that_is_handed_to_a_virtual_machine_and_a_sound_device_do_not_count(tmp_path: Path) -> None:
    machine(tmp_path, "0000:00:1e.0", "0000:00:1f.0")
    devices = tmp_path / "sys/bus/pci/devices"
    (devices / "0000:00:1f.0/driver").symlink_to("../../../bus/pci/drivers/vfio-pci")
    (devices / "0000:00:1e.0/class").write_text("0x040300\n", encoding="utf-8")
    assert count(tmp_path, (), (CPU,), None, {}).expected == 0


def test_in_a_container_only_the_cards_that_it_was_given_count(tmp_path: Path) -> None:
    machine(tmp_path, "0000:00:1e.0", "0000:00:1f.0")
    (tmp_path / "proc/2/comm").write_text("sh\n", encoding="utf-8")
    assert count(tmp_path, None, (CPU,), None, {}).expected == 0
    (tmp_path / "dev").mkdir()
    for name in ("nvidia0", "nvidiactl", "nvidia-uvm"):
        (tmp_path / "dev" / name).touch()
    assert count(tmp_path, (CARD,), (CPU, GPU), None, {}).expected == 1


def test_of_cards_in_mig_mode_one_slice_is_enough(tmp_path: Path) -> None:
    machine(tmp_path, "0000:00:1e.0", "0000:00:1f.0")
    counts = count(tmp_path, (CARD,), (CPU, GPU), nvml(mig=1, cards=2), {})
    assert (counts.mig, counts.expected) == (2, 1)
    assert check_count(counts).outcome is Outcome.PASSED
    assert check_count(replace(counts, listed=0)).outcome is Outcome.FAILED


def test_of_a_job_that_took_two_free_cards_two_have_to_be_listed() -> None:
    taken = narrowed(replace(EIGHT, listed=2, cuda=2, hidden_by="CUDA_VISIBLE_DEVICES=GPU-1,GPU-2"), 2)
    assert check_count(taken).outcome is Outcome.PASSED
    lost = check_count(replace(taken, listed=1))
    assert lost.outcome is Outcome.FAILED
    assert lost.reason.startswith("2 NVIDIA cards were free and taken, and 1 listed")
    assert narrowed(EIGHT, 0) == EIGHT


def test_a_job_for_the_cpu_counts_nothing() -> None:
    check = not_counted(arguments(device="cpu"))
    assert check is not None
    assert (check.outcome, check.seen) == (Outcome.PASSED, "not asked")
    assert not_counted(arguments(device="auto")) is None


EIGHT = CardCounts(pci_bus=8, device_nodes=8, nvml=8, cuda=8, listed=8, expected=8, mig=0, hidden_by="")


def nvml(*, mig: int, cards: int) -> GpuReadings:
    gpus = tuple(
        GpuReading(index=n, uuid=f"GPU-{n}", address="", name="", facts={"mig_mode": mig}, processes=())
        for n in range(cards)
    )
    return GpuReadings(driver="580", error="", gpus=gpus, xids=(), xids_from="")


def machine(root: Path, *addresses: str) -> None:
    """A host's file system with NVIDIA cards on its bus."""
    for address in addresses:
        device = root / "sys/bus/pci/devices" / address
        device.mkdir(parents=True)
        (device / "vendor").write_text("0x10de\n", encoding="utf-8")
        (device / "class").write_text("0x030200\n", encoding="utf-8")
    (root / "proc/2").mkdir(parents=True)
    (root / "proc/2/comm").write_text("kthreadd\n", encoding="utf-8")

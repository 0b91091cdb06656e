"""What one pass over all cards finds, and what becomes of it when cards, driver and library fail."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost.telemetry.snapshot import (
    LOST,
    MISMATCH,
    NO_CARD,
    NO_DRIVER,
    OK,
    UNREADABLE,
    Card,
    MigInstance,
)
from tests.nvml.library import LOST as GPU_IS_LOST
from tests.nvml.library import MISMATCH as OTHER_VERSION
from tests.nvml.library import compiled, state
from tests.unit.gpuhost.telemetry.stand_in import collected, l40s

RESET_REQUIRED, NO_PERMISSION, NOT_LOADED = 16, 4, 9
NVLINK = ("nvlink.0 1", "nvlink.1 0", "field.38 1", "field.45 2", "field.52 3", "field.59 0")


def test_every_figure_of_a_card_is_read_with_its_unit(library: Path, tmp_path: Path) -> None:
    more = ("field.82 70", "field.230 1", "retired.0 3", "retired.1 1", "page_retirement_pending 0", *NVLINK)
    (snapshot,) = collected(library, tmp_path, state(l40s(0, *more)))
    assert (snapshot.state, snapshot.driver, snapshot.why) == (OK, "580.95.05", "")
    assert snapshot.cards == (
        Card(
            index=0,
            uuid="GPU-0",
            name="NVIDIA L40S",
            address="0000:01:00.0",
            minor=0,
            serial="1320000000001",
            utilization_percent=87,
            memory_utilization_percent=40,
            memory_total_bytes=48305799168,
            memory_used_bytes=12884901888 - 606076928,
            memory_free_bytes=48305799168 - 12884901888,
            memory_reserved_bytes=606076928,
            bar1_total_bytes=68719476736,
            bar1_used_bytes=1048576,
            temperature_c=61,
            memory_temperature_c=70,
            temperature_slowdown_c=89,
            temperature_shutdown_c=92,
            fan_percent=35,
            power_w=213.456,
            power_limit_w=350.0,
            power_default_w=350.0,
            energy_j=123456.789,
            clock_sm_mhz=2520,
            clock_memory_mhz=9001,
            clock_graphics_mhz=2520,
            clock_video_mhz=1965,
            clock_sm_max_mhz=2520,
            clock_memory_max_mhz=9001,
            performance_state=0,
            throttle_reasons=("power limit",),
            ecc_enabled=True,
            ecc_corrected_volatile=0,
            ecc_uncorrected_volatile=0,
            ecc_corrected_aggregate=2,
            ecc_uncorrected_aggregate=0,
            rows_remapped_corrected=0,
            rows_remapped_uncorrected=1,
            row_remap_pending=False,
            row_remap_failed=False,
            pages_retired=4,
            page_retirement_pending=False,
            recovery_action="reset the card",
            nvlinks=2,
            nvlinks_active=1,
            nvlink_errors=6,
            pcie_generation=4,
            pcie_generation_max=4,
            pcie_width=16,
            pcie_width_max=16,
            pcie_replays=0,
            pcie_sent_bytes_per_s=1024000,
            pcie_received_bytes_per_s=2048000,
            persistence_mode=True,
        ),
    )


def test_what_a_card_does_not_have_is_absent_and_never_zero(library: Path, tmp_path: Path) -> None:
    bare = replace(l40s(), more=(), power_limit=None, power_default=None, memory=None)
    (snapshot,) = collected(library, tmp_path, state(bare))
    (card,) = snapshot.cards
    assert card == Card(index=0, uuid="GPU-0", name="NVIDIA L40S", address="0000:01:00.0")


def test_what_is_refused_is_asked_no_more_and_what_fails_once_is(library: Path, tmp_path: Path) -> None:
    refused = state(l40s(0, f"error.fan {NO_PERMISSION}", "error.power 999"))
    first, second = collected(library, tmp_path, refused, state(l40s()))
    assert (first.cards[0].fan_percent, second.cards[0].fan_percent) == (None, None)
    assert (first.cards[0].power_w, second.cards[0].power_w) == (None, 213.456)


def test_an_old_driver_tells_of_memory_without_what_it_keeps(tmp_path: Path) -> None:
    old = compiled(tmp_path, without="nvmlDeviceGetMemoryInfo_v2")
    (snapshot,) = collected(old, tmp_path, state(l40s()))
    (card,) = snapshot.cards
    assert (card.memory_used_bytes, card.memory_reserved_bytes) == (12884901888, None)


def test_what_changes_seldom_is_asked_in_turns(library: Path, tmp_path: Path) -> None:
    cool = state(l40s(0), l40s(1))
    worse = state(*(l40s(n, "ecc.1.0 1", "temperature.0 80") for n in (0, 1)))
    seen = collected(library, tmp_path, cool, worse, worse, worse, worse, every=4)
    told = [[(c.temperature_c, c.ecc_uncorrected_volatile) for c in each.cards] for each in seen]
    assert told == [
        [(61, 0), (61, 0)],
        [(80, 0), (80, 0)],
        [(80, 0), (80, 0)],
        [(80, 0), (80, 1)],
        [(80, 1), (80, 1)],
    ]


def test_a_card_that_is_lost_keeps_its_name_and_comes_back(library: Path, tmp_path: Path) -> None:
    sound, lost = state(l40s(0), l40s(1)), state(l40s(0), l40s(1, f"lost {GPU_IS_LOST}"))
    before, without, again = collected(library, tmp_path, sound, lost, sound)
    assert [card.state for card in without.cards] == [OK, LOST]
    gone = without.cards[1]
    assert (gone.uuid, gone.address, gone.error) == ("GPU-1", "0000:02:00.0", "GPU is lost")
    assert gone.temperature_c is None
    assert again.cards == before.cards


def test_a_card_that_is_lost_from_the_beginning_is_told_by_its_number(library: Path, tmp_path: Path) -> None:
    (snapshot,) = collected(library, tmp_path, state(l40s(0), l40s(1, f"lost {GPU_IS_LOST}")))
    assert snapshot.state == OK
    assert snapshot.cards[1] == Card(index=1, uuid="", name="", address="", state=LOST, error="GPU is lost")


def test_a_card_that_wants_a_reset_is_unreadable(library: Path, tmp_path: Path) -> None:
    _, snapshot = collected(
        library, tmp_path, state(l40s()), state(l40s(0, f"error.utilization {RESET_REQUIRED}"))
    )
    (card,) = snapshot.cards
    assert (card.state, card.error, card.uuid) == (UNREADABLE, "GPU requires restart", "GPU-0")


def test_the_driver_goes_and_comes_back(library: Path, tmp_path: Path) -> None:
    sound = state(l40s())
    seen = collected(
        library, tmp_path, sound, state(init=NOT_LOADED), state(l40s(), init=OTHER_VERSION), sound
    )
    assert [each.state for each in seen] == [OK, NO_DRIVER, MISMATCH, OK]
    assert seen[1].why == "this host has an NVIDIA card and a driver that is installed and not loaded"
    assert seen[2].why == "the driver that is loaded and its installed library are of two versions"
    assert seen[3].cards == seen[0].cards


def test_a_host_without_a_card_says_so(library: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder in (library.parent, empty):  # a driver without a card; neither
        (snapshot,) = collected(folder / "libnvidia-ml.so.1", tmp_path, "")
        assert (snapshot.state, snapshot.why) == (NO_CARD, "this host has no NVIDIA card")


def test_a_card_without_a_driver_is_seen_on_the_bus(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidia0").touch()
    (tmp_path / "empty").mkdir()
    (snapshot,) = collected(tmp_path / "empty/libnvidia-ml.so.1", tmp_path, "")
    assert (snapshot.state, snapshot.why) == (NO_DRIVER, "this host has an NVIDIA card and no NVIDIA driver")


def test_a_library_that_was_exchanged_under_a_loaded_driver_is_a_mismatch(tmp_path: Path) -> None:
    library = compiled(tmp_path)
    new = library.rename(tmp_path / "libnvidia-ml.so.580.105.08")
    library.symlink_to(new.name)
    (snapshot,) = collected(library, tmp_path, state(l40s()), root=Path("/"))
    assert snapshot.state == MISMATCH
    assert "(580.95.05) and its installed library (580.105.08) are of two versions" in snapshot.why
    assert snapshot.cards[0].temperature_c == 61, "what has the library already goes on"


def test_another_card_in_the_same_place_is_read_as_a_new_one(library: Path, tmp_path: Path) -> None:
    other = replace(l40s(), uuid="GPU-other", name="NVIDIA L4")
    _, snapshot, three = collected(
        library, tmp_path, state(l40s()), state(other), state(l40s(0), l40s(1), l40s(2))
    )
    assert (snapshot.cards[0].uuid, snapshot.cards[0].name) == ("GPU-other", "NVIDIA L4")
    assert [card.uuid for card in three.cards] == ["GPU-0", "GPU-1", "GPU-2"]


def test_the_parts_of_a_card_that_is_cut_up_are_told_with_their_processes(
    library: Path, tmp_path: Path
) -> None:
    pid = os.getpid()
    cut = (
        "mig_mode 1",
        "mig.0 1 0 10200547328 4096 MIG-a 1g.10gb",
        "mig.1 2 0 20937965568 8192 MIG-b 2g.20gb",
        f"compute {pid}:8192:2:0",
    )
    whole = state(l40s(0, "mig_mode 0", f"compute {pid}"))
    first, snapshot = collected(library, tmp_path, whole, state(l40s(0, *cut)), root=Path("/"))
    assert (first.cards[0].mig_enabled, first.cards[0].mig_instances) == (False, ())
    (card,) = snapshot.cards
    assert card.mig_instances == (
        MigInstance("MIG-a", 1, 0, "1g.10gb", 10200547328, 4096),
        MigInstance("MIG-b", 2, 0, "2g.20gb", 20937965568, 8192),
    )
    (process,) = card.processes
    assert (process.pid, process.mig_uuid, process.memory_bytes) == (pid, "MIG-b", 8192)


@pytest.mark.parametrize("code", [1, 9, 18])
def test_a_library_that_lost_its_driver_is_opened_anew(library: Path, tmp_path: Path, code: int) -> None:
    sound = state(l40s())
    first, broken, again = collected(
        library, tmp_path, sound, state(l40s(0, f"error.utilization {code}")), sound
    )
    assert broken.cards == ()
    assert broken.state in {NO_DRIVER, MISMATCH, UNREADABLE}
    assert again.cards == first.cards

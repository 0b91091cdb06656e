"""Cards as they are in the world: what the collection has of them is what nvidia-smi prints of them, and absent where that says N/A."""

from pathlib import Path

import pytest

from gpuhost.telemetry.snapshot import OK, Card
from tests.nvml.library import state
from tests.unit.gpuhost.telemetry.golden import CARDS, MIB
from tests.unit.gpuhost.telemetry.stand_in import collected

ABSENT = "[N/A]"


@pytest.mark.parametrize("name", CARDS)
def test_a_real_card_is_read_as_nvidia_smi_prints_it(library: Path, tmp_path: Path, name: str) -> None:
    golden = CARDS[name]
    (snapshot,) = collected(library, tmp_path, state(golden.gpu, driver="590.48.01"))
    (card,) = snapshot.cards
    told = as_nvidia_smi(card)
    assert (card.state, {field: told[field] for field in golden.printed}) == (OK, golden.printed)
    assert card.energy_j is None, "it is in none of these outputs"


@pytest.mark.parametrize("name", CARDS)
def test_the_memory_of_a_real_card_adds_up(library: Path, tmp_path: Path, name: str) -> None:
    (snapshot,) = collected(library, tmp_path, state(CARDS[name].gpu))
    (card,) = snapshot.cards
    parts = (card.memory_used_bytes, card.memory_free_bytes, card.memory_reserved_bytes)
    assert sum(part or 0 for part in parts) == card.memory_total_bytes


def as_nvidia_smi(card: Card) -> dict[str, str]:
    """The figures in its words."""
    return {
        "name": card.name,
        "memory.total": _mib(card.memory_total_bytes),
        "memory.used": _mib(card.memory_used_bytes),
        "memory.reserved": _mib(card.memory_reserved_bytes),
        "utilization.gpu": _with("%", card.utilization_percent),
        "utilization.memory": _with("%", card.memory_utilization_percent),
        "temperature.gpu": _with("", card.temperature_c),
        "temperature.memory": _with("", card.memory_temperature_c),
        "slowdown": _with("", card.temperature_slowdown_c),
        "fan.speed": _with("%", card.fan_percent),
        "power.draw": _watts(card.power_w),
        "power.limit": _watts(card.power_limit_w),
        "power.default_limit": _watts(card.power_default_w),
        "clocks.sm": _with("MHz", card.clock_sm_mhz),
        "clocks.mem": _with("MHz", card.clock_memory_mhz),
        "clocks.gr": _with("MHz", card.clock_graphics_mhz),
        "clocks.video": _with("MHz", card.clock_video_mhz),
        "clocks.max.sm": _with("MHz", card.clock_sm_max_mhz),
        "clocks.max.mem": _with("MHz", card.clock_memory_max_mhz),
        "pstate": f"P{card.performance_state}",
        "ecc.mode.current": _mode(card.ecc_enabled),
        "ecc.errors.uncorrected.volatile.total": _with("", card.ecc_uncorrected_volatile),
        "remapped_rows.uncorrectable": _with("", card.rows_remapped_uncorrected),
        "remapped_rows.pending": ABSENT
        if card.row_remap_pending is None
        else "Yes"
        if card.row_remap_pending
        else "No",
        "retired_pages.pending": _with("", card.page_retirement_pending),
        "gpu_recovery_action": str(card.recovery_action).capitalize(),
        "pcie.link.gen.current": _with("", card.pcie_generation),
        "pcie.link.width.current": _with("", card.pcie_width),
        "persistence_mode": _mode(card.persistence_mode),
        "mig.mode.current": _mode(card.mig_enabled),
        "bar1.used": _mib(card.bar1_used_bytes),
        "nvlinks": _with("", card.nvlinks_active),
    }


def _mib(count: int | None) -> str:
    return ABSENT if count is None else f"{count // MIB} MiB"


def _watts(watts: float | None) -> str:
    return ABSENT if watts is None else f"{watts:.2f} W"


def _with(unit: str, value: int | None) -> str:
    return ABSENT if value is None else f"{value} {unit}".strip()


def _mode(value: bool | None) -> str:
    return ABSENT if value is None else "Enabled" if value else "Disabled"

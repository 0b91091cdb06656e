"""What the cards' own counters say while they are loaded: heat, clocks, faults, and that they could be read at all."""

import pytest

from tests.unit.workloads.gpu_burn.stand_in import Gpu, Held, loaded
from workloads.result import Outcome

CLOCKS_WERE_SET = (
    "GPU:0 (Tesla T4) float32: 1100 MHz of 1590, and its power limit is not why: somebody has set its clocks; take it back with "
    "`nvidia-smi --reset-gpu-clocks` and `nvidia-smi --reset-applications-clocks`"
)


@pytest.mark.parametrize(
    ("bits", "reason"),
    [
        (
            0x40,
            "GPU:0 (Tesla T4) float32: clocks held back in 100% of the time: too warm (hardware), up to 65 °C",
        ),
        (0x80, "GPU:0 (Tesla T4) float32: clocks held back in 100% of the time: power brake, up to 65 °C"),
        (0x2, CLOCKS_WERE_SET),
        (0x0, CLOCKS_WERE_SET),
    ],
)
def test_a_card_that_is_held_back_is_named_with_the_reason(bits: int, reason: str) -> None:
    checks, _ = loaded(Gpu(), throttle_bits=bits)
    assert checks["clocks_kept"].reason.startswith(reason)


def test_a_card_that_cannot_be_read_is_no_pass() -> None:
    checks, _ = loaded(Gpu(), figures={})
    assert checks["cards_watched"].outcome is Outcome.ERROR
    assert checks["clocks_kept"].outcome is Outcome.ERROR
    assert checks["cards_watched"].reason.startswith("GPU:0 (Tesla T4) was read 0 times in ")


@pytest.mark.parametrize(
    ("event", "outcome"),
    [
        ("Xid 79", Outcome.FAILED),
        ("Xid 48", Outcome.FAILED),
        ("unreadable: GPU is lost", Outcome.FAILED),
        ("Xid 13", Outcome.PASSED),
    ],
)
def test_faults_of_the_card_meanwhile_fail_and_those_of_a_program_do_not(
    event: str, outcome: Outcome
) -> None:
    assert loaded(Gpu(), events=("", event))[0]["cards_watched"].outcome is outcome


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ({"row_remap_pending": 0}, {"row_remap_pending": 1}, "a memory row waits for a reset to be remapped"),
        (
            {"ecc_uncorrected": 0},
            {"ecc_uncorrected": 2},
            "uncorrectable memory errors during the load: from 0 to 2",
        ),
        ({"pcie_width": 16}, {"pcie_width": 4}, "its PCIe link fell from 16 to 4 lanes"),
        ({"pcie_replays": 3}, {"pcie_replays": 90}, "87 PCIe replays during the load"),
    ],
)
def test_what_changes_under_load_fails(
    before: dict[str, float], after: dict[str, float], reason: str
) -> None:
    changing = dict(before)

    class Changing(Gpu):
        def multiply(self, left: Held, right: Held) -> Held:
            made = super().multiply(left, right)
            if self.products["GPU:0"] > 600:
                changing.update(after)
            return made

    checks, _ = loaded(Changing(), figures=changing)
    assert reason in checks["cards_watched"].reason

"""What the cards' counters say against them, and what is only worth a note."""

from dataclasses import replace

import pytest

from workloads.host.health import judge, narrowed, notes
from workloads.result import Outcome
from workloads.result.evidence import NOT_SUPPORTED, GpuProcess, GpuReading, GpuReadings, Reading

HEALTHY: dict[str, Reading] = {
    "ecc_uncorrected_volatile": 0,
    "ecc_uncorrected_aggregate": 0,
    "row_remap_failure": 0,
    "row_remap_pending": 0,
    "pages_retired": 0,
    "throttle_reasons": 0,
    "power_limit_w": 70.0,
    "power_default_w": 70.0,
    "pcie_width": 16,
    "pcie_width_max": 16,
    "nvlinks": 4,
    "nvlinks_active": 4,
}


@pytest.mark.parametrize("cards", [0, 2])
def test_healthy_cards_pass_without_a_note(cards: int) -> None:
    assert judge(readings(), readings(), cards).outcome is Outcome.PASSED
    assert notes(readings(), readings()) == ()


def test_a_card_that_has_none_of_the_counters_passes() -> None:
    bare = readings(gpu(**dict.fromkeys(HEALTHY, NOT_SUPPORTED)))
    assert judge(bare, bare, 1).outcome is Outcome.PASSED
    assert notes(bare, bare) == ()


@pytest.mark.parametrize(
    ("after", "reason"),
    [
        ({"ecc_uncorrected_volatile": 1}, "1 uncorrectable memory errors since the driver was loaded"),
        ({"ecc_uncorrected_aggregate": 2}, "2 uncorrectable memory errors during the job"),
        ({"row_remap_failure": 1}, "a faulty memory row could not be remapped"),
        ({"pages_retired": 60}, "60 memory pages are retired"),
        ({"nvlinks_active": 3}, "1 NVLinks went down during the job"),
    ],
)
def test_a_fault_of_the_card_fails(after: dict[str, Reading], reason: str) -> None:
    check = judge(readings(), readings(gpu(**after)), 1)
    assert check.outcome is Outcome.FAILED
    assert check.reason.startswith(f"card 0 (Tesla T4, 0000:00:1e.0): {reason}")


def test_a_card_that_is_gone_after_the_job_fails_with_what_nvml_said() -> None:
    after = replace(readings(), gpus=(), error="card 0: GPU is lost")
    check = judge(readings(), after, 1)
    assert check.outcome is Outcome.FAILED
    assert "is lost: card 0: GPU is lost" in check.reason


@pytest.mark.parametrize(
    ("xid", "outcome"),
    [
        ("Xid 79 on 0000:00:1e, at 12.5 s", Outcome.FAILED),
        ("Xid 48 on 0000:00:1e", Outcome.FAILED),
        ("Xid 43 on 0000:00:1e, at 12.5 s", Outcome.PASSED),
        ("Xid 999 on 0000:00:1e, at 12.5 s", Outcome.PASSED),
        ("Xid 149 on 0018:01:00, fatal, at 12.5 s", Outcome.FAILED),
        ("Xid 149 on 0018:01:00, at 12.5 s", Outcome.PASSED),
        ("Xid 154 on 0018:01:00, fatal, at 12.5 s", Outcome.FAILED),
        ("Xid 154 on 0018:01:00, at 12.5 s", Outcome.PASSED),
        ("SXid 20034 on 0000:cd:00, fatal, at 12.5 s", Outcome.FAILED),
        ("SXid 28006 on 0000:c1:00, at 12.5 s", Outcome.PASSED),
    ],
)
def test_an_xid_of_the_card_itself_during_the_job_fails(xid: str, outcome: Outcome) -> None:
    after = replace(readings(), xids=(xid,))
    check = judge(readings(), after, 1)
    assert check.outcome is outcome
    assert outcome is Outcome.PASSED or f"{xid.partition(',')[0]} during the job: " in check.reason
    assert outcome is Outcome.FAILED or any("during the job" in note for note in notes(readings(), after))


def test_an_xid_from_before_the_job_is_a_note() -> None:
    old = replace(readings(), xids=("Xid 79 on 0000:00:1e, at 3.1 s", "Xid 79 on 0000:00:1e, at 3.2 s"))
    assert judge(old, old, 1).outcome is Outcome.PASSED
    assert notes(old, old) == ("Xid 79 on 0000:00:1e before the job, 2 times",)


def test_a_fault_of_a_kind_that_was_there_before_is_new_also_where_the_log_has_dropped_the_first() -> None:
    before = replace(readings(), xids=("Xid 79 on 0000:00:1e, at 3.1 s",))
    after = replace(readings(), xids=("Xid 79 on 0000:00:1e, at 900.0 s",))
    assert judge(before, after, 1).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("after", "note"),
    [
        ({"row_remap_pending": 1}, "a faulty memory row or page is out of use at its next reset"),
        ({"throttle_reasons": 0x40}, "clocks are held back: too warm (hardware)"),
        ({"power_limit_w": 50.0}, "power is limited to 50 W of 70 W"),
        ({"pcie_width": 8}, "its PCIe link has 8 of 16 lanes"),
        ({"mig_mode": 1}, "it is cut into slices (MIG)"),
    ],
)
def test_what_may_explain_a_figure_is_a_note_and_no_fault(after: dict[str, Reading], note: str) -> None:
    changed = readings(gpu(**after))
    assert judge(readings(), changed, 1).outcome is Outcome.PASSED
    (said,) = notes(readings(), changed)
    assert note in said


@pytest.mark.parametrize("reasons", [0x1, 0x4, 0x5])
def test_idleness_and_the_everyday_power_cap_are_not_worth_a_note(reasons: int) -> None:
    assert notes(readings(), readings(gpu(throttle_reasons=reasons))) == ()


def test_processes_of_others_are_a_note() -> None:
    shared = readings(replace(gpu(), processes=(GpuProcess(pid=77, kind="compute", memory_mib=1024),)))
    assert notes(shared, readings()) == (
        "card 0 (Tesla T4, 0000:00:1e.0): other processes used it, so speeds are not its own: 77",
    )


def test_whose_a_process_is_stands_in_the_note() -> None:
    process = GpuProcess(pid=77, kind="compute", memory_mib=1024, user="ada", program="python3")
    (note,) = notes(readings(replace(gpu(), processes=(process,))), readings())
    assert note.endswith("so speeds are not its own: 77 (ada: python3)")


def test_a_card_that_a_job_did_not_take_says_nothing_against_it() -> None:
    other = replace(gpu(ecc_uncorrected_volatile=1), uuid="GPU-1", address="0000:af:00.0")
    both = readings(gpu(), other)
    faulty = replace(both, xids=("Xid 79 on 0000:af:00, at 12.5 s",))
    assert judge(both, faulty, 2).outcome is Outcome.FAILED
    own = narrowed(both, ("GPU-0",)), narrowed(faulty, ("GPU-0",))
    assert judge(*own, 1).outcome is Outcome.PASSED
    switch = replace(both, xids=("SXid 20034 on 0000:af:00, fatal, at 12.5 s",))
    assert judge(own[0], narrowed(switch, ("GPU-0",)), 1).outcome is Outcome.FAILED
    assert narrowed(both, ()) == both


@pytest.mark.parametrize(("cards", "outcome"), [(0, Outcome.PASSED), (1, Outcome.ERROR)])
def test_a_card_of_which_nothing_can_be_read_is_no_pass(cards: int, outcome: Outcome) -> None:
    assert judge(None, None, cards).outcome is outcome


def test_a_library_that_refuses_is_no_pass() -> None:
    refused = replace(readings(), gpus=(), error="NVML: Driver/library version mismatch")
    check = judge(refused, refused, 1)
    assert (check.outcome, check.reason) == (Outcome.ERROR, "NVML: Driver/library version mismatch")


def gpu(**changed: Reading) -> GpuReading:
    return GpuReading(
        index=0,
        uuid="GPU-0",
        address="0000:00:1e.0",
        name="Tesla T4",
        facts=HEALTHY | changed,
        processes=(),
    )


def readings(*gpus: GpuReading) -> GpuReadings:
    return GpuReadings(driver="580.95.05", error="", gpus=gpus or (gpu(),), xids=(), xids_from="kernel log")

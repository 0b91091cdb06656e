"""What speaks against cards since they were certified: counters, cards that are gone, faults of the kernel's log, what the driver wants."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.unit.workloads.host.test_health import gpu, readings
from workloads import card_faults
from workloads.card_faults import compared
from workloads.result.evidence import GpuReadings, Reading

NONE = GpuReadings(driver="", error="", gpus=(), xids=(), xids_from="")
CARD = "card 0 (Tesla T4, 0000:00:1e.0): "
OLD, NEW = "Xid 79 on 0000:00:1e, at 3.1 s", "Xid 79 on 0000:00:1e, at 12.5 s"


def test_cards_that_are_as_they_were_have_nothing_against_them() -> None:
    known = replace(readings(), xids=(OLD,))
    assert compared(known, readings(), (OLD,)) == {"faults": [], "unread": [], "xids": [OLD]}


def test_a_host_without_a_card_has_nothing_against_it_and_nothing_to_read() -> None:
    assert compared(NONE, None, None) == {"faults": [], "unread": [], "xids": []}


@pytest.mark.parametrize(
    ("now", "fault"),
    [
        ({"ecc_uncorrected_volatile": 1}, "1 uncorrectable memory errors since the driver was loaded"),
        ({"ecc_uncorrected_aggregate": 2}, "2 uncorrectable memory errors since it was certified"),
        ({"nvlinks_active": 3}, "1 NVLinks went down since it was certified"),
        (
            {"recovery_action": 2},
            "its driver asks for a recovery (action 2 of nvmlDeviceGpuRecoveryAction_t)",
        ),
        ({"row_remap_pending": 1}, "a faulty memory row or page is in use until its next reset (pending)"),
    ],
)
def test_a_counter_that_says_that_a_card_is_broken_is_a_fault(now: dict[str, Reading], fault: str) -> None:
    assert compared(readings(), readings(gpu(**now)), ())["faults"] == [f"{CARD}{fault}"]


@pytest.mark.parametrize("now", [{"recovery_action": 0}, {"recovery_action": "not supported"}])
def test_a_driver_that_wants_nothing_is_no_fault(now: dict[str, Reading]) -> None:
    assert compared(readings(), readings(gpu(**now)), ())["faults"] == []


@pytest.mark.parametrize("certified", [readings(), NONE])
def test_a_fault_in_the_kernel_s_log_counts_once_it_is_new(certified: GpuReadings) -> None:
    """Also without NVIDIA's library, which a host may have lost with its card."""
    now = certified if certified.gpus else None
    (fault,) = compared(replace(certified, xids=(OLD,)), now, (OLD, NEW))["faults"]
    assert fault.startswith("Xid 79 on 0000:00:1e since it was certified: fell off the bus")
    assert compared(certified, now, ("Xid 43 on 0000:00:1e, at 12.5 s",))["faults"] == []


def test_a_card_that_is_gone_is_a_fault() -> None:
    gone = replace(readings(), gpus=(), error="card 0: GPU is lost")
    told = compared(readings(), gone, ())
    assert told["faults"] == [
        f"{CARD.removesuffix(': ')} was there when it was certified and is lost: card 0: GPU is lost"
    ]


@pytest.mark.parametrize(
    ("now", "log", "why"),
    [
        (None, (), "is not there any more"),
        (readings(), None, "neither the kernel's log nor the journal can be read"),
        (replace(readings(), error="NVML: Unknown Error"), (), "NVML: Unknown Error"),
    ],
)
def test_what_cannot_be_read_is_said_and_is_no_fault(
    now: GpuReadings | None, log: tuple[str, ...] | None, why: str
) -> None:
    told = compared(readings(), now, log)
    assert told["faults"] == []
    assert why in told["unread"][0]


def test_it_reads_what_a_result_says_of_cards_and_prints_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    certified = tmp_path / "baseline.json"
    told = {"proved_at": "2026-11-20T15:10:00Z", "gpus": asdict(readings()), "xids": [OLD]}
    certified.write_text(json.dumps(told), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["card_faults", str(certified)])
    assert card_faults.main() == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["faults"] == []
    assert "is not there any more" in printed["unread"][0]

"""A snapshot as metrics: dcgm-exporter's names, labels and units, and nothing of what a card does not say."""

from dataclasses import replace
from itertools import groupby

from gpuhost.exporter import cards, host
from gpuhost.exporter.text_format import rendered
from gpuhost.telemetry.snapshot import Snapshot
from tests.unit.gpuhost.exporter.samples import CUT_UP, GIB, LEASES, SNAPSHOT, WORKING, read_back

CARD = {
    "gpu": "0",
    "UUID": "GPU-0",
    "pci_bus_id": "00000000:3B:00.0",
    "device": "nvidia1",
    "modelName": "NVIDIA L40S",
    "Hostname": "lab-1",
}


def told(snapshot: Snapshot = SNAPSHOT) -> dict[str, list[tuple[dict[str, str], float]]]:
    return read_back(rendered([*host.families(snapshot), *cards.families(snapshot)]))


def test_figures_have_the_names_labels_and_units_of_dcgm_exporter() -> None:
    found = told()
    expected = {
        "GPU_UTIL": 87,
        "MEM_COPY_UTIL": 40,
        "FB_TOTAL": 46080,
        "FB_USED": 12288,
        "FB_FREE": 33792,
        "GPU_TEMP": 61,
        "POWER_USAGE": 213.456,
        "TOTAL_ENERGY_CONSUMPTION": 123456789,
        "SM_CLOCK": 2520,
        "ECC_DBE_VOL_TOTAL": 0,
        "ROW_REMAP_PENDING": 0,
    }
    for name, value in expected.items():
        assert found[f"DCGM_FI_DEV_{name}"] == [(CARD, value)], name


def test_what_no_card_says_is_absent_and_no_zero() -> None:
    found = told()
    for name in ("MEMORY_TEMP", "FAN_SPEED", "ROW_REMAP_FAILURE", "ECC_SBE_VOL_TOTAL", "PCIE_REPLAY_COUNTER"):
        assert f"DCGM_FI_DEV_{name}" not in found


def test_a_lost_card_has_its_state_and_no_figures() -> None:
    states = {(labels["gpu"], labels["state"]): value for labels, value in told()["orchestrate_gpu_state"]}
    assert states == {
        ("0", "ok"): 1, ("0", "lost"): 0, ("0", "unreadable"): 0,
        ("1", "ok"): 0, ("1", "lost"): 1, ("1", "unreadable"): 0,
    }  # fmt: skip
    assert [labels["gpu"] for labels, _ in told()["orchestrate_gpu_throttled"] if labels["gpu"] == "1"] == []


def test_what_holds_the_clocks_back_is_told_by_its_name() -> None:
    held = {labels["reason"]: value for labels, value in told()["orchestrate_gpu_throttled"]}
    assert held.pop("power limit") == 1
    assert set(held.values()) == {0}
    assert "too warm (hardware)" in held


def test_memory_of_processes_is_by_user_and_unit() -> None:
    owned = {**CARD, "user": "anna", "unit": "orchestrate-run-7.service"}
    found = told()
    assert found["orchestrate_gpu_process_memory_bytes"] == [(owned, 12 * GIB)]
    assert found["orchestrate_gpu_processes"] == [({**CARD, "user": "", "unit": ""}, 1), (owned, 2)]


def test_the_last_xid_of_a_card_is_dcgms_and_all_have_their_time() -> None:
    found = told()
    assert {labels["gpu"]: value for labels, value in found["DCGM_FI_DEV_XID_ERRORS"]} == {"0": 0, "1": 79}
    times = {
        (labels["kind"], labels["xid"], labels["gpu"], labels["pci_bus_id"]): value
        for labels, value in found["orchestrate_xid_timestamp_seconds"]
    }
    assert times == {
        ("Xid", "13", "1", "00000000:AF:00.0"): 900,
        ("Xid", "79", "1", "00000000:AF:00.0"): 950,
        ("SXid", "12028", "", "00000000:C1:00"): 960,
    }


def test_a_log_that_cannot_be_read_says_nothing_of_xids() -> None:
    found = told(replace(SNAPSHOT, xids=None))
    assert "DCGM_FI_DEV_XID_ERRORS" not in found
    assert found["orchestrate_kernel_log_readable"] == [({"Hostname": "lab-1"}, 0)]


def test_advice_of_a_card_has_the_cards_labels_and_that_of_the_host_none() -> None:
    advice = {labels["fault"]: labels for labels, _ in told()["orchestrate_advice"]}
    assert advice["lost"].items() >= {
        "gpu": "1", "UUID": "GPU-1", "severity": "problem", "action": "restart the host"
    }.items()  # fmt: skip
    assert advice["kernel-log"].items() >= {"gpu": "", "UUID": "", "Hostname": "lab-1"}.items()


def test_the_driver_is_in_one_state_of_all() -> None:
    found = told(replace(SNAPSHOT, state="driver mismatch", cards=()))
    states = {labels["state"]: value for labels, value in found["orchestrate_driver_state"]}
    assert [state for state, value in states.items() if value] == ["driver mismatch"]
    assert len(states) == 6
    assert found["orchestrate_gpus"] == [({"Hostname": "lab-1"}, 0)]


def test_parts_of_a_card_have_dcgms_labels() -> None:
    ((labels, value),) = told(replace(SNAPSHOT, cards=(CUT_UP,)))["orchestrate_mig_memory_used_bytes"]
    assert value == 2 * GIB
    assert labels.items() >= {"GPU_I_PROFILE": "1g.10gb", "GPU_I_ID": "3", "UUID": "GPU-0"}.items()


def test_what_the_driver_asks_for_is_told() -> None:
    ((labels, value),) = told(replace(SNAPSHOT, cards=(replace(WORKING, recovery_action="reset the card"),)))[
        "orchestrate_gpu_recovery_action"
    ]
    assert (labels["action"], value) == ("reset the card", 1)


def test_jobs_that_have_cards_and_that_wait_are_counted() -> None:
    found = read_back(rendered(host.leases(LEASES, "lab-1")))
    assert found["orchestrate_leases_held"] == [({"Hostname": "lab-1"}, 1)]
    assert found["orchestrate_leases_queued"] == [({"Hostname": "lab-1"}, 2)]
    assert [labels["user"] for labels, _ in found["orchestrate_leases_queued_by_user"]] == ["anna", "bob"]
    ((labels, _),) = found["orchestrate_gpu_leased"]
    assert labels == {"Hostname": "lab-1", "UUID": "GPU-0", "lease": "GPU-0", "user": "anna", "job": "7"}


def test_the_lines_of_a_metric_stand_together_and_no_series_stands_twice() -> None:
    text = rendered([*host.families(SNAPSHOT), *cards.families(SNAPSHOT), *host.leases(LEASES, "lab-1")])
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    names = [name for name, _ in groupby(line.partition("{")[0] for line in lines)]
    assert len(names) == len(set(names))
    series = [line.rpartition(" ")[0] for line in lines]
    assert len(series) == len(set(series))

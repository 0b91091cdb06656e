"""Readings of cards over time are kept, merged and summed up."""

from workloads.telemetry.series import (
    MOST_KEPT,
    MOST_ROWS,
    CardName,
    Telemetry,
    reading,
)

CARD = CardName(index=0, uuid="GPU-a", name="Tesla T4")
OTHER = CardName(index=1, uuid="GPU-b", name="Tesla T4")


def test_a_row_has_every_column_and_none_where_a_card_says_nothing() -> None:
    telemetry = Telemetry()
    telemetry.add(CARD, reading(0.24, {"power_w": 55.5, "pcie_width": 16}, 0x4 | 0x40, ["Xid 79"]))
    (row,) = telemetry.rows()
    assert row == {
        "card": 0,
        "uuid": "GPU-a",
        "at_s": 0.24,
        "until_s": 0.24,
        "utilization_percent": None,
        "power_w": 55.5,
        "clock_sm_mhz": None,
        "clock_memory_mhz": None,
        "memory_used_mib": None,
        "temperature_c": None,
        "ecc_corrected": None,
        "ecc_uncorrected": None,
        "rows_remapped": None,
        "row_remap_pending": None,
        "pcie_replays": None,
        "pcie_generation": None,
        "pcie_width": 16,
        "throttled": "power limit, too warm (hardware)",
        "events": "Xid 79",
    }


def test_many_readings_become_few_rows_that_lose_no_peak_and_no_event() -> None:
    telemetry = Telemetry()
    for number in range(2000):
        figures = {"temperature_c": 90 if number == 777 else 40, "power_w": 100, "pcie_width": 8}
        figures["pcie_width"] = 4 if number == 1234 else 16
        telemetry.add(CARD, reading(number / 5, figures, events=["Xid 13"] if number == 5 else []))
        telemetry.add(OTHER, reading(number / 5, {"power_w": number}))
    rows = list(telemetry.rows())
    assert 400 < len(rows) <= MOST_ROWS
    own = [row for row in rows if row["uuid"] == "GPU-a"]
    assert max(str(row["temperature_c"]) for row in own) == "90"
    assert {row["power_w"] for row in own} == {100}
    assert min(int(row["pcie_width"] or 0) for row in own) == 4
    assert [row["events"] for row in own if row["events"]] == ["Xid 13"]
    assert (own[0]["at_s"], own[-1]["until_s"]) == (0.0, 399.8)


def test_a_long_job_keeps_the_same_number_of_stretches_and_all_readings() -> None:
    telemetry = Telemetry()
    total = 3 * MOST_KEPT + 7
    for number in range(total):
        telemetry.add(CARD, reading(float(number), {"power_w": number % 2}))
    over = telemetry.between(CARD, 0, total)
    assert over is not None
    assert (over.readings, over.figures["power_w"].count) == (total, total)
    assert abs(over.figures["power_w"].mean - 0.5) < 0.01
    assert len(list(telemetry.rows())) <= MOST_ROWS


def test_a_time_between_is_looked_at_alone() -> None:
    telemetry = Telemetry()
    for number in range(10):
        telemetry.add(
            CARD, reading(float(number), {"clock_sm_mhz": 100 * number}, 0x40 if number == 7 else 0)
        )
    early, late = telemetry.between(CARD, 1, 3), telemetry.between(CARD, 6, 8)
    assert early is not None
    assert late is not None
    assert (early.figures["clock_sm_mhz"].lowest, early.figures["clock_sm_mhz"].highest) == (100, 300)
    assert (early.throttled, late.throttled) == ({}, {0x40: 1})
    assert telemetry.between(CARD, 20, 30) is None
    assert telemetry.between(OTHER, 0, 9) is None


def test_the_summary_has_lowest_mean_and_highest_and_the_share_of_throttling() -> None:
    telemetry = Telemetry()
    for number, watts in enumerate((10, 20, 60)):
        telemetry.add(CARD, reading(float(number), {"power_w": watts}, 0x4 if number else 0))
    power, throttled = telemetry.summary()
    assert power == {
        "card": 0,
        "uuid": "GPU-a",
        "figure": "power_w",
        "lowest": 10,
        "mean": 30,
        "highest": 60,
        "readings": 3,
    }
    assert (throttled["figure"], throttled["mean"], throttled["readings"]) == (
        "throttled: power limit",
        0.667,
        3,
    )


def test_no_reading_is_no_row() -> None:
    assert list(Telemetry().rows()) == []
    assert list(Telemetry().summary()) == []

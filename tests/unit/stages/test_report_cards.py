"""What the cards did while the jobs ran, on the report's page."""

from dataclasses import replace

import pytest

from orchestrator.models import WorkloadRun
from orchestrator.stages.report import render_html
from orchestrator.stages.report.charts import draw_cards
from tests.unit.stages.proofs import run
from tests.unit.stages.records import record

Row = dict[str, str | int | float | None]


def reading(at_s: float, card: int = 0, **figures: str | float | None) -> Row:
    usual: Row = {
        "card": card,
        "uuid": f"GPU-{card}",
        "at_s": at_s,
        "until_s": at_s + 1.0,
        "utilization_percent": 97.0,
        "memory_used_mib": 20480.0,
        "temperature_c": 61.0,
        "power_w": 145.5,
        "throttled": "",
        "events": "",
    }
    return usual | figures


def watched(*rows: Row) -> WorkloadRun:
    return replace(run(device="GPU"), tables={"telemetry": rows})


def test_each_figure_is_drawn_with_a_line_for_each_card() -> None:
    (found,) = draw_cards([watched(*(reading(at, card) for at in (0.0, 1.0) for card in (0, 1)))])
    assert found.cards == ("GPU 0", "GPU 1")
    assert [chart.title.partition(",")[0] for chart in found.charts] == [
        "Utilisation",
        "Memory in use",
        "Temperature",
        "Power",
    ]
    assert found.charts[3].description == (
        "Power while smoke ran on sandbox-1: GPU 0 from 146 to 146; GPU 1 from 146 to 146"
    )
    for chart in found.charts:
        assert "var(--series-1)" in chart.svg
        assert "var(--series-2)" in chart.svg


@pytest.mark.parametrize("figure", [None, "n/a", float("nan"), float("inf"), -1.0, 1e300, True])
def test_what_is_no_figure_is_not_drawn(figure: str | float | None) -> None:
    (found,) = draw_cards([watched(reading(0.0, power_w=figure))])
    assert [chart.title.partition(",")[0] for chart in found.charts] == [
        "Utilisation",
        "Memory in use",
        "Temperature",
    ]


def test_a_job_without_readings_has_no_charts() -> None:
    assert draw_cards([run(), watched(), watched(reading(0.0) | {"at_s": None})]) == ()
    assert "GPUs while the jobs ran" not in render_html(record(run()))


def test_why_clocks_were_held_back_is_said_once_with_the_first_time() -> None:
    (found,) = draw_cards(
        [
            watched(
                reading(0.0),
                reading(4.0, throttled="power limit"),
                reading(5.0, throttled="power limit", events="Xid 79"),
            )
        ]
    )
    assert found.held_back == (
        "GPU 0, after 4.0 s: clocks held back: power limit",
        "GPU 0, after 5.0 s: Xid 79",
    )


def test_the_page_shows_them_and_what_a_host_said_is_text() -> None:
    page = render_html(record(watched(reading(0.0, events="<script>"), reading(1.0))))
    assert "GPUs while the jobs ran" in page
    assert page.count("<svg") == 4
    assert "<script" not in page

"""Speed beside price: what a row costs, what the table comes to, and what it looks like to people and programs."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.errors import UsageError
from orchestrator.jobs.schema import Result
from orchestrator.models import CheckResult, Outcome
from orchestrator.stages.bench import Bench, BenchRequest, joined
from orchestrator.stages.bench.documents import cell, columns, render_csv, render_html, render_json
from orchestrator.stages.bench.table import rows_of, statement
from tests.unit.builders import host
from tests.unit.jobs.test_results import result

REQUEST = BenchRequest(workload="cifar10", arguments=(), timeout_s=60, usd_per_hour=None)
CPU = {
    "name": "cpu-threads-4",
    "devices": "CPU:0",
    "threads": 4,
    "images_per_s": 1000.0,
    "seconds_to_accuracy": None,
    "cpus_worth": None,
}
GPU = {
    "name": "gpu-0",
    "devices": "GPU:0",
    "threads": None,
    "images_per_s": 20000.0,
    "seconds_to_accuracy": 36.0,
    "cpus_worth": 80.0,
}


def brought(*rows: dict[str, Any], workload: str = "cifar10") -> Result:
    return Result.model_validate_json(
        json.dumps(
            json.loads(result())
            | {"workload": workload, "tables": {"configurations": list(rows)} if rows else {}}
        )
    )


def a_bench(*rows: dict[str, Any], usd_per_hour: float | None = None, fleet: str = "lab") -> Bench:
    return Bench(
        fleet=fleet,
        request=REQUEST,
        measured_at=datetime(2026, 11, 30, 9, 0, tzinfo=UTC),
        rows=rows_of(fleet, host(f"{fleet}-1"), brought(*rows), usd_per_hour),
        failed=(),
        epoch_images=50_000,
        notes=(),
        versions={"keras": "3.15.1"},
        rehearsed=False,
    )


def test_a_pass_costs_its_share_of_an_hour() -> None:
    cpu, gpu = a_bench(CPU, GPU, usd_per_hour=0.72).rows
    assert cpu.usd_per_epoch == pytest.approx(50 / 3600 * 0.72)
    assert gpu.usd_per_epoch == pytest.approx(2.5 / 3600 * 0.72)
    assert cpu.usd_to_accuracy is None
    assert gpu.usd_to_accuracy == pytest.approx(0.0072)


def test_what_has_no_price_or_no_speed_costs_nothing_that_is_known() -> None:
    assert [row.usd_per_epoch for row in a_bench(CPU, GPU).rows] == [None, None]
    (stood,) = a_bench(CPU | {"images_per_s": 0.0}, usd_per_hour=1.0).rows
    assert stood.usd_per_epoch is None


def test_the_statement_names_the_fastest_the_cheapest_and_what_a_gpu_is_worth() -> None:
    assert statement(a_bench(CPU, GPU, usd_per_hour=0.72)) == (
        "gpu-0 is fastest: 20,000 images/s; a GPU of lab-1 is worth 80.0 of its CPU threads; "
        "gpu-0 is cheapest: $0.0005 a pass over the data"
    )
    assert statement(a_bench(CPU)) == (
        "cpu-threads-4 is fastest: 1,000 images/s; no GPU computed, so nothing is said of what one is worth"
    )
    assert statement(a_bench(CPU | {"images_per_s": None})) == "Nothing was measured"


def test_a_workload_without_configurations_is_one_row_of_its_own_figures() -> None:
    whole = replace_metrics(
        brought(workload="fashion_mnist"), {"images_per_s": 2000.0, "test_accuracy": 0.89}
    )
    (row,) = rows_of("lab", host("lab-1"), whole, 3.6)
    assert (row.figures["images_per_s"], row.figures["accuracy"]) == (2000.0, 0.89)
    assert row.usd_per_epoch == pytest.approx(0.03)


def replace_metrics(whole: Result, metrics: dict[str, float]) -> Result:
    return whole.model_copy(update={"metrics": metrics})


def test_columns_that_no_row_has_a_figure_for_are_left_out_of_the_table_and_kept_for_programs() -> None:
    bench = a_bench(CPU)
    assert columns(bench) == ("name", "devices", "threads", "images_per_s")
    assert [cell(bench.rows[0], name) for name in columns(bench)] == ["cpu-threads-4", "CPU:0", "4", "1,000"]
    (titles, figures) = csv.reader(io.StringIO(render_csv(bench)))
    assert dict(zip(titles, figures, strict=True))["seconds_to_accuracy"] == ""
    assert json.loads(render_json(bench))["rows"][0]["figures"] == CPU


def test_what_a_host_said_is_no_formula_to_a_spreadsheet_and_no_markup_on_the_page() -> None:
    bench = a_bench(CPU | {"name": "=HYPERLINK(1)", "devices": "<script>", "=NOW()": 1})
    titles, figures = csv.reader(io.StringIO(render_csv(bench)))
    assert "'=HYPERLINK(1)" in figures
    assert "'=NOW()" in titles
    page = render_html(bench)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_check_that_failed_is_on_the_page() -> None:
    failed = CheckResult(
        host="lab-1",
        workload="cifar10",
        name="replicas_agree",
        outcome=Outcome.FAILED,
        seen="2",
        expected="1",
        reason="GPU:1 differs",
    )
    page = render_html(replace(a_bench(CPU), failed=(failed,)))
    assert "lab-1: replicas_agree: GPU:1 differs" in page
    assert 'class="verdict bad"' in page


def test_several_fleets_stand_in_one_table_with_their_hosts() -> None:
    whole = joined(a_bench(CPU), (a_bench(GPU, fleet="cloud", usd_per_hour=0.72),))
    assert [row.host for row in whole.rows] == ["lab-1", "cloud-1"]
    assert columns(whole)[:2] == ("host", "machine")
    assert "gpu-0 on cloud-1 is fastest" in statement(whole)


def test_figures_of_other_settings_are_not_put_beside_each_other() -> None:
    other = replace(a_bench(GPU, fleet="cloud"), request=replace(REQUEST, arguments=("--epochs", "5")))
    with pytest.raises(UsageError, match="was cifar10 --epochs 5, this one is cifar10"):
        joined(a_bench(CPU), (other,))

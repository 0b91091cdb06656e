"""What reports say of the same things, side by side."""

from dataclasses import replace

import pytest

from orchestrator.stages.report.comparison import compare, comparison_lines, render_comparison
from tests.unit.stages.comparison.reports import measured, named, row
from tests.unit.stages.proofs import plan, request, run, runs
from tests.unit.stages.records import record


def test_speeds_stand_beside_each_other_with_their_ratio() -> None:
    compared = compare(named(measured(5000.0), measured(2500.0)))
    speed = row(compared, "fashion_mnist", "images/s")
    assert [cell.text for cell in speed.cells] == ["5,000", "2,500"]
    assert speed.ratio == 0.5
    assert compared.statement == (
        "after has 0.50 of before's speed on fashion_mnist: 2,500 against 5,000 images/s"
    )


@pytest.mark.parametrize(
    ("speeds", "told_apart"),
    [
        ((4600.0, 5100.0), False),
        ((5200.0, 5400.0), True),
        ((4000.0, 4900.0), True),
        ((4000.0, 4901.0), False),
    ],
)
def test_hosts_of_one_report_that_lie_as_far_apart_as_the_reports_are_not_told_apart(
    speeds: tuple[float, ...], told_apart: bool
) -> None:
    compared = compare(named(measured(4900.0 + 1, 5100.0), measured(*speeds)))
    assert ("not told apart" in compared.statement) is not told_apart


def test_several_hosts_have_a_mean_and_a_spread() -> None:
    compared = compare(named(measured(4900.0, 5100.0), measured(5000.0, 5000.0)))
    assert [cell.text for cell in row(compared, "fashion_mnist", "images/s").cells] == [
        "5,000 ± 141",
        "5,000 ± 0",
    ]


def test_only_what_differs_is_listed_as_such() -> None:
    other = record(
        *(replace(each, versions=each.versions | {"keras": "3.16.0"}) for each in runs("sandbox-1")),
    )
    compared = compare(named(record(), other))
    (differing,) = (section for section in compared.sections if section.title == "What differs")
    assert [(each.name, [cell.text for cell in each.cells]) for each in differing.rows] == [
        ("keras, as it ran", ["3.15.0", "3.16.0"])
    ]


def test_a_price_is_compared_where_there_is_one() -> None:
    free, paid = record(), record(planned=replace(plan(), price_usd_per_hour=1.2))
    compared = compare(named(free, paid))
    assert [cell.text for cell in row(compared, "Cost", "$ an hour").cells] == ["0.00", "1.20"]
    spent = row(compared, "Cost", "$ until the certificate").cells[1].values[0]
    assert spent == pytest.approx(1.2 * paid.seconds / 3600)
    assert all(section.title != "Cost" for section in compare(named(free, free)).sections)


def test_what_was_not_asked_alike_is_said() -> None:
    shorter = replace(request("fashion_mnist"), epochs=1)
    compared = compare(named(record(), record(run("sandbox-1", shorter))))
    assert "fashion_mnist was not run alike everywhere: see below what differs" in compared.notes
    assert "smoke was not run in after" in compared.notes
    assert row(compared, "What differs", "fashion_mnist: epochs").cells[1].text == "1"


def test_a_rehearsal_beside_a_real_run_is_said() -> None:
    played = record(planned=replace(plan(), rehearsed=True))
    assert any("rehearsal" in note for note in compare(named(record(), played)).notes)


@pytest.mark.parametrize("figure", [float("nan"), float("inf")])
def test_a_figure_that_is_no_number_is_no_figure(figure: float) -> None:
    compared = compare(named(measured(5000.0), measured(figure)))
    speed = row(compared, "fashion_mnist", "images/s")
    assert (speed.cells[1].text, speed.ratio) == ("-", None)


def test_reports_without_a_training_are_compared_by_their_verdicts() -> None:
    compared = compare(named(record(run()), record(run())))
    assert compared.statement.startswith("Nothing was measured in both")


def test_the_lines_have_a_column_for_each_report() -> None:
    lines = comparison_lines(compare(named(measured(5000.0), measured(2500.0))))
    assert lines[0].split() == ["before", "after", "after", "/", "before"]
    assert next(line for line in lines if "images/s" in line).split() == [
        "images/s",
        "5,000",
        "2,500",
        "0.50",
    ]


def test_the_page_draws_the_curves_over_one_another_and_runs_nothing() -> None:
    page = render_comparison(compare(named(measured(5000.0), measured(2500.0))))
    assert page.count("<svg") == 2, "loss and accuracy"
    assert "</i>before</li>" in page
    assert "</i>after</li>" in page
    assert "<script" not in page
    assert "http" not in page


def test_what_a_host_said_is_text_on_the_page() -> None:
    spiteful = record(*(replace(each, versions={"keras": "<script>alert(1)</script>"}) for each in runs()))
    page = render_comparison(compare(named(record(), spiteful)))
    assert "<script" not in page
    assert "&lt;script&gt;" in page

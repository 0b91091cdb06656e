"""What loading found as rows of the catalog, and what a system's libraries are called."""

from pathlib import Path

from orchestrator.catalog import load
from orchestrator.catalog.catalog import DATA
from orchestrator.catalog.frameworks.loading import LibraryOrigin, LoadOutcome, TensorFlowLoading
from orchestrator.catalog.reader import read
from tools.tensorflow_loading import table
from tools.tensorflow_loading.layout import toolkit
from tools.tensorflow_loading.trial import Trial

LOADED = Trial(outcome=LoadOutcome.LOADED, asked=("libcudnn.so.9",))
FAILED = Trial(
    outcome=LoadOutcome.FAILED,
    asked=("libcudnn.so.9",),
    missing=("libcudnn.so.9",),
    left=("libcudnn.so.9",),
)
RELEASES = {row.release: row for row in load().tensorflow}


def test_pythons_with_one_outcome_are_one_row_and_name_the_tool_and_the_day() -> None:
    trials = {"3.10": LOADED, "3.9": LOADED, "3.11": FAILED}
    loaded, failed = table.rows(RELEASES["2.20.0"], trials, "2026-11-28")
    assert (loaded.pythons, loaded.outcome) == (("3.9", "3.10"), LoadOutcome.LOADED)
    assert (failed.pythons, failed.left) == (("3.11",), ("libcudnn.so.9",))
    assert loaded.source == "its own loader, asked by tools/tensorflow_loading on 2026-11-28"
    assert loaded.libraries is LibraryOrigin.WHEELS
    (system,) = table.rows(RELEASES["2.13.1"], {"3.9": LOADED}, "2026-11-28")
    assert system.libraries is LibraryOrigin.SYSTEM


def test_a_release_that_was_loaded_again_replaces_its_rows_and_the_order_is_kept() -> None:
    old = table.rows(RELEASES["2.20.0"], {"3.9": FAILED}, "2026-01-01")
    other = table.rows(RELEASES["2.9.3"], {"3.9": LOADED}, "2026-01-01")
    new = table.rows(RELEASES["2.20.0"], {"3.9": LOADED}, "2026-11-28")
    assert table.merged((*old, *other), new) == (*other, *new)


def test_what_the_tool_writes_is_what_the_catalog_reads(tmp_path: Path) -> None:
    rows = load().tensorflow_loading
    (tmp_path / "again.csv").write_text(table.text(rows), encoding="utf-8")
    assert read(TensorFlowLoading, tmp_path / "again.csv") == rows
    assert (DATA / "tensorflow_loading.csv").read_text(encoding="utf-8") == table.text(rows)


def test_every_release_for_a_python_that_environments_have_was_loaded_on_each() -> None:
    known = {(row.tensorflow, python) for row in load().tensorflow_loading for python in row.pythons}
    offered = {
        (row.release, python)
        for row in load().tensorflow
        for python in row.pythons
        if tuple(map(int, python.split("."))) >= (3, 9)
    }
    assert offered - known == set()


def test_libraries_of_a_toolkit_are_named_by_its_major_version_or_as_they_were_before() -> None:
    assert {"libcudart.so.11.0", "libcusolver.so.11", "libcupti.so.11.2"} < set(toolkit("11.2", "8.1"))
    assert "libcusolver.so.10" in toolkit("11.0", "8.0")
    assert {"libcublas.so.10.0", "libcudnn.so.7"} < set(toolkit("10.0", "7.4"))
    assert {"libcudart.so.10.1", "libcublas.so.10"} < set(toolkit("10.1", "7.6"))
    assert {"libcusolver.so.11", "libcudnn.so.9"} < set(toolkit("12.5", "9.3"))

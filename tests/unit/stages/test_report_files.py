"""report.json, junit.xml and the lines in the terminal, compared with what is on record; and the writing of files."""

import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from orchestrator.models import Outcome
from orchestrator.stages.report import (
    RunRecord,
    render_json,
    render_junit,
    summary_lines,
    write_report,
)
from tests.unit.stages.proofs import plan, request, runs, with_check
from tests.unit.stages.records import record

GOLDEN = Path(__file__).parents[2] / "data" / "report"
REPORT = Path("/state/report.html")


def mixed() -> RunRecord:
    """Two hosts: one with a failed and a skipped check, one that brought no training."""
    given = list(runs("sandbox-1", "sandbox-2"))[:3]
    given[0] = with_check(given[0], "placed_matmul", Outcome.SKIPPED, seen="nothing", reason="not tried")
    given[1] = with_check(given[1], "test_accuracy", Outcome.FAILED, seen="0.71", reason="0.71 is below 0.85")
    return record(*given, planned=plan("sandbox-1", "sandbox-2"))


@pytest.mark.parametrize(
    ("name", "text"), [("mixed.json", render_json(mixed())), ("mixed.xml", render_junit(mixed()))]
)
def test_machine_readable_files_keep_their_form(name: str, text: str) -> None:
    """To accept a new form: write the text to the file, read the difference, raise SCHEMA if a key went or changed."""
    assert text == (GOLDEN / name).read_text(encoding="utf-8")


def test_json_holds_no_number_that_json_does_not_know() -> None:
    smoke, training = runs()
    text = render_json(
        record(smoke, replace(training, metrics={"test_accuracy": math.nan, "loss": math.inf}))
    )
    assert json.loads(text, parse_constant=refuse)["runs"][1]["metrics"] == {
        "test_accuracy": None,
        "loss": None,
    }


def refuse(constant: str) -> None:
    raise AssertionError(constant)


def test_json_masks_secrets() -> None:
    text = render_json(record(planned=replace(plan(), role_vars={"web_password": "hunter2"})))
    assert json.loads(text)["plan"]["role_vars"] == {"web_password": "***"}


def test_junit_counts_what_it_holds() -> None:
    root = parsed(render_junit(mixed()))
    assert root.attrib == {}
    for number, suite in enumerate(root):
        outcomes = Counter(outcome.tag for outcome in suite.iterfind("testcase/*"))
        assert suite.get("id") == str(number)
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(attribute) == str(outcomes[tag])


def test_junit_has_a_case_for_every_check_of_the_certificate() -> None:
    made = mixed()
    cases = parsed(render_junit(made)).findall("testsuite/testcase")
    assert [(case.get("classname"), case.get("name")) for case in cases] == [
        (f"sandbox.{check.host}.{check.workload}", check.name) for check in made.certificate.checks
    ]


def test_junit_of_a_pass_has_no_failure_error_or_skip() -> None:
    assert parsed(render_junit(record())).findall("testsuite/testcase/*") == []


def test_junit_survives_characters_that_xml_cannot_hold() -> None:
    smoke, training = runs()
    odd = with_check(smoke, "hello_world", Outcome.ERROR, seen="a\x00b\x1b[31m\ufffe", reason="<\x08&\ud800>")
    case = parsed(render_junit(record(odd, training))).find("testsuite/testcase[@name='hello_world']/error")
    assert case is not None
    assert case.get("message") == "<\ufffd&\ufffd>"
    said = "seen: a\ufffdb\ufffd\nexpected: Hello, world!\nwhat to do: restart the host"
    assert (case.text or "").startswith(said)


def test_a_report_is_three_files_and_nothing_else(tmp_path: Path) -> None:
    for _ in range(2):
        paths = write_report(record(), tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([paths.html, paths.json, paths.junit])
    assert paths.html.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_report_that_cannot_be_rendered_leaves_the_earlier_one(tmp_path: Path) -> None:
    paths = write_report(record(), tmp_path)
    before = paths.html.read_bytes()
    unwritable = record(planned=replace(plan(), role_vars={"odd": object()}))
    with pytest.raises(TypeError):
        write_report(unwritable, tmp_path)
    assert paths.html.read_bytes() == before


def test_the_last_lines_of_a_pass() -> None:
    assert summary_lines(record(), REPORT) == (
        "PASS (CPU-only): sandbox-1 trains Fashion-MNIST to 0.893 at 5,210 images/s",
        "  sandbox-1: test accuracy 0.893 (at least 0.85 was asked for), 5,210 images/s on the CPU",
        "  all 53 checks passed",
        "  CPU-only: no NVIDIA card was seen on sandbox-1",
        "report  /state/report.html",
        "next    orchestrate ssh sandbox-1  open a shell on it",
        "        orchestrate down           take everything away, with a receipt",
    )


def test_the_last_lines_of_a_failure_lead_to_the_host_that_failed() -> None:
    lines = summary_lines(mixed(), REPORT)
    assert lines[0] == "FAIL (CPU-only): 1 check failed on sandbox-1"
    assert lines[1] == "  sandbox-1, fashion_mnist: 0.71 is below 0.85 (test_accuracy)"
    assert [line[8:].partition("  ")[0] for line in lines[-3:]] == [
        "orchestrate validate",
        "orchestrate ssh sandbox-1",
        "orchestrate down",
    ]


def test_the_last_lines_say_how_many_notes_stand_beside_the_verdict() -> None:
    made = record()
    noted = replace(made, certificate=replace(made.certificate, notes=("sandbox-1: 2 row remaps",)))
    assert "  1 note beside the verdict: in the report" in summary_lines(noted, REPORT)


@pytest.mark.parametrize("made", [record(), mixed(), record(runs()[0])], ids=["pass", "fail", "unsure"])
def test_the_last_lines_are_at_most_nine(made: RunRecord) -> None:
    assert len(summary_lines(made, REPORT)) <= 9


def test_commands_name_a_fleet_that_is_not_the_default() -> None:
    other = replace(plan("lab-1", workloads=(request("smoke"),)), fleet="lab", cloud="onprem")
    lines = summary_lines(record(runs("lab-1")[0], planned=other), REPORT)
    assert lines[-1] == "next    orchestrate ssh --name lab lab-1  open a shell on it"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  our own output

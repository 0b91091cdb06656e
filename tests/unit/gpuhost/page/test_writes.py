"""The host's page as a document: everything escaped, everything told, never half written."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from gpuhost.page import markup, values
from gpuhost.page import render as page
from gpuhost.recheck.standing import Reason
from tests.unit.gpuhost.page.samples import NOON, bare, full
from tests.unit.gpuhost.recheck.samples import standing

NASTY = "<script>alert(1)</script>\"'&"


class Words(HTMLParser):
    """Collects what stands between tags."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


def text(document: str) -> str:
    """The words that a reader sees, without title and style."""
    parser = Words()
    parser.feed(document.partition("<body>")[2])
    return " ".join(" ".join(parser.found).replace(markup.SPACE, " ").split())


def written(**changes: object) -> str:
    """The words of a full page with changes."""
    return text(page.document(full(**changes), "", form="index"))


def test_a_full_page_tells_everything_once() -> None:
    words = written()
    for expected in (
        "gpu-7.example.org Debian GNU/Linux 12 (bookworm)",
        "2 \N{MULTIPLICATION SIGN} NVIDIA A10G",
        "18.0 GB of 24.0 GB",
        "88 °C, hot",
        "91 %, nearly full",
        "TensorFlow 2.21.0, Keras 3.15.0, CUDA 12.9.79, cuDNN 9.10.2.21",
        "Powers off in 50 min , at 21 Nov 2026, 12:50 UTC : 12 hours in all.",
        "18.75 USD, at 1.63 USD an hour",
        "Let's Encrypt",
        "PASS gpu-7 trained Fashion-MNIST to 0.912",
        "orchestrate-jupyter@grace.service is failed",
        "21 Nov 2026, 10:00 UTC 2",
        "NVIDIA driver 535.309.01",
    ):
        assert words.count(expected) == 1, expected


def test_every_part_that_cannot_be_read_says_so() -> None:
    words = text(page.document(bare(), ""))
    assert words.count("nothing is known.") == 9


def test_whatever_is_told_is_escaped() -> None:
    tool = values.Tool(title=NASTY, path="/a", description=NASTY, units=((NASTY, NASTY),))
    person = values.Person(name=NASTY, since=NOON, sessions=1)
    missing = values.Missing(reason=NASTY)
    document = page.document(full(title=NASTY, tools=(tool,), people=(person,), tls=missing), "")
    assert "<script" not in document
    assert NASTY in text(document)


def test_the_style_is_the_only_thing_that_the_page_lets_in() -> None:
    document = page.document(full(), page.style())
    assert "default-src &#x27;none&#x27;; style-src &#x27;sha256-" in document
    assert " style=" not in document
    assert "<script" not in document
    assert not re.findall(r"(?:src|href)=\"(?!/|#|data:,)", document)


def test_an_old_page_says_what_to_look_at() -> None:
    assert "This page is old" not in text(page.document(full(), ""))
    words = text(page.document(full(), "", old=True))
    assert "This page is old. It was written on 21 Nov 2026 at 12:00:07 UTC , and none came since." in words
    assert "systemctl status orchestrate-page.timer" in words


def test_headings_go_down_step_by_step_and_every_part_is_named_by_its_own() -> None:
    document = page.document(full(), "")
    levels = [int(level) for level in re.findall(r"<h([1-6])", document)]
    assert levels[0] == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))
    names = re.findall(r"aria-labelledby=\"(\w+)\"", document)
    assert len(names) == len(set(names)) == 10
    assert all(f'<h2 id="{name}"' in document for name in names)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_at": None}, "Nothing ends this host by itself."),
        ({"cost_usd": None}, "Has run 11 h 30 min"),
    ],
)
def test_a_host_without_a_deadline_or_a_price_says_what_there_is(
    changes: dict[str, object], words: str
) -> None:
    given: dict[str, Any] = {
        "spent_s": 41_400.0,
        "cost_usd": 1.0,
        "price_usd_per_hour": 1.0,
        "ends_at": NOON,
        "reason": "12 hours in all",
        "idle_s": 0.0,
        "idle_limit_s": None,
    }
    assert words in written(lifetime=values.Lifetime(**(given | changes)))


@pytest.mark.parametrize(
    ("self_signed", "days", "word"), [(False, 1, "Valid"), (True, 1, "Self-signed"), (True, -1, "Ended")]
)
def test_a_web_certificate_has_one_word_for_its_state(self_signed: bool, days: int, word: str) -> None:
    told = values.Tls(
        names=("a.example.org",),
        issuer="CN=Test",
        self_signed=self_signed,
        ends_at=NOON + timedelta(days=days),
        problem="the clock is wrong",
    )
    assert f"Web certificate {word} For a.example.org From Test" in written(tls=told)
    assert "failed: the clock is wrong" in written(tls=told)


def test_a_verdict_that_is_no_pass_comes_with_its_reasons() -> None:
    told = values.Training(
        verdict="UNSURE",
        headline="UNSURE: nothing was trained",
        accuracy="",
        images_per_s="",
        issued_at=NOON,
        reasons=("no host is there",),
        report=False,
    )
    words = written(training=told)
    assert "UNSURE nothing was trained" in words
    assert "no host is there" in words
    assert "Full report" not in words
    assert "Accuracy" not in words


PASS = values.Training(
    verdict="PASS",
    headline="PASS: gpu-7 trains",
    accuracy="",
    images_per_s="",
    issued_at=NOON,
    reasons=("all checks passed",),
    report=False,
)


@pytest.mark.parametrize(
    ("state", "shown"),
    [("holds", "PASS"), ("revoked", "REVOKED"), ("expired", "EXPIRED"), ("unknown", "UNKNOWN")],
)
def test_what_the_host_found_since_stands_in_place_of_the_verdict(state: str, shown: str) -> None:
    why = () if state == "holds" else (Reason("driver was 1 and is 2", "orchestrate up --full"),)
    found = standing(state=state, reasons=why, proved_at=NOON, note="the host is in use")
    words = written(training=replace(PASS, standing=found))
    assert f"Training certificate {shown} gpu-7 trains" in words
    assert ("driver was 1 and is 2. To do: orchestrate up --full" in words) is (state != "holds")
    assert "Proved again 21 Nov" in words
    assert "the host is in use" in words
    failed = replace(PASS, verdict="FAIL", standing=found)
    assert "Training certificate FAIL" in written(training=failed), "what is no PASS cannot be lost"


@pytest.mark.parametrize(
    ("amount", "words"),
    [(0, "0 B"), (1536, "1.5 KB"), (512 * 2**20, "512 MB"), (24 * 2**30, "24.0 GB"), (3 * 2**40, "3.0 TB")],
)
def test_sizes_are_told_as_people_say_them(amount: int, words: str) -> None:
    assert markup.size(amount).replace(markup.SPACE, " ") == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(5, "less than a minute"), (60, "1 min"), (3700, "1 h 1 min"), (273_900, "3 d 4 h")],
)
def test_lengths_of_time_have_two_parts_at_most(seconds: int, words: str) -> None:
    assert markup.span(seconds).replace(markup.SPACE, " ") == words


def test_a_page_is_good_for_three_intervals_and_then_only_its_old_form_is_found(tmp_path: Path) -> None:
    page.publish(full(), tmp_path, "")
    page.publish(full(at=NOON + timedelta(minutes=10)), tmp_path, "")
    good = [int((NOON + timedelta(minutes=10, seconds=after)).timestamp()) // 100 for after in (0, 90)]
    fresh = {path.name for path in tmp_path.glob("index-[0-9]*.html")}
    assert fresh == {f"index-{bucket}.html" for bucket in good}
    assert "This page is old" in (tmp_path / "index-old.html").read_text()
    assert (tmp_path / f"index-{good[0]}.html").read_text() == (tmp_path / "index.html").read_text()
    assert not list(tmp_path.glob(".*"))


def test_each_form_leads_to_the_other(tmp_path: Path) -> None:
    page.publish(full(), tmp_path, "")
    assert 'href="/still"' in (tmp_path / "index.html").read_text()
    assert 'href="/">Refresh' in (tmp_path / "still.html").read_text()


def test_a_part_that_raises_becomes_a_sentence_with_the_reason(tmp_path: Path) -> None:
    told = page.attempt("The disks", lambda: json.loads("{"))
    assert told.reason.startswith("The disks cannot be read: Expecting")


def test_the_program_writes_a_page_of_this_computer(tmp_path: Path) -> None:
    config = tmp_path / "page.json"
    config.write_text(json.dumps({"title": "here", "interval_s": 30, "environments": str(tmp_path)}))
    for _ in range(2):
        assert page.main(["write", str(config), str(tmp_path)]) == 0
    words = text((tmp_path / "www/index.html").read_text())
    assert "here" in words
    assert "cannot be read" not in words

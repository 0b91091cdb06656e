"""The HTML page: its structure, what it must not contain, and that it can be read in both colour schemes."""

import re
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from orchestrator.models import Device, Outcome, WorkloadRun
from orchestrator.stages.report import RunRecord, render_html
from tests.unit.stacks import DRIVER, HEARSAY, stack
from tests.unit.stages.proofs import plan, runs, with_check
from tests.unit.stages.records import record

VOID = {"meta", "col", "br", "link", "img", "input", "hr"}
SCRIPT = "<script>alert('x')</script>"
HOSTS = ("sandbox-1", "sandbox-2", "sandbox-3")


class Page(HTMLParser):
    """The page's tags and text; refuses tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def failing() -> RunRecord:
    """Three hosts: one well, one with a skipped check, one with a failed one."""
    given = list(runs(*HOSTS))
    given[2] = with_check(given[2], "placed_matmul", Outcome.SKIPPED, reason="no second device")
    given[5] = with_check(given[5], "test_accuracy", Outcome.FAILED, reason="0.71 is below 0.85")
    return record(*given, planned=plan(*HOSTS))


def unproved() -> RunRecord:
    return replace(record(runs()[0]), converge=None, hosts=(), phases=())


def test_what_to_do_stands_below_the_reasons() -> None:
    made = failing()
    page = Page(render_html(made))
    assert made.certificate.actions
    assert all(action in page.text for action in made.certificate.actions)
    assert {"aria-label": "What to do"} in page.all("ul")
    assert {"aria-label": "What to do"} not in Page(render_html(record())).all("ul")


@pytest.mark.parametrize("made", [record(), failing(), unproved()], ids=["pass", "fail", "unsure"])
def test_every_page_is_well_formed_and_stands_alone(made: RunRecord) -> None:
    text = render_html(made)
    page = Page(text)
    assert not page.all("script")
    assert "http:" not in text
    assert "https:" not in text
    assert "@import" not in text
    assert {attributes["href"] for attributes in page.all("a")} == {"report.json", "junit.xml"}
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    assert not page.all("link") + page.all("img") + page.all("iframe")


@pytest.mark.parametrize("made", [record(), failing(), unproved()], ids=["pass", "fail", "unsure"])
def test_every_page_can_be_used_without_seeing_it(made: RunRecord) -> None:
    page = Page(render_html(made))
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all("scope" in attributes for attributes in page.all("th"))
    assert all(attributes.get("aria-label") for attributes in page.all("figure"))
    assert all("aria-hidden" in attributes for attributes in page.all("svg"))
    ids = Counter(attributes["id"] for _, attributes in page.tags if "id" in attributes)
    assert [name for name, count in ids.items() if count > 1] == []


def test_what_stands_beside_the_verdict_and_until_when_it_holds_are_shown() -> None:
    made = record()
    note = "sandbox-1: its card ran at x8 of x16"
    text = Page(render_html(replace(made, certificate=replace(made.certificate, notes=(note,))))).text
    assert note in text
    assert "Valid until" in text
    assert "Valid until" not in Page(render_html(failing())).text


def test_the_verdict_and_its_reasons_come_first() -> None:
    made = failing()
    text = Page(render_html(made)).text
    places = [
        text.index(word) for word in ("CPU-only", "check failed on sandbox-3", *made.certificate.reasons)
    ]
    assert places == sorted(places)
    assert max(places) < text.index("Test accuracy")


@pytest.mark.parametrize(
    ("made", "tone"),
    [(record(), "good"), (failing(), "bad"), (unproved(), "open")],
    ids=["pass", "fail", "unsure"],
)
def test_the_banner_has_the_tone_of_its_verdict(made: RunRecord, tone: str) -> None:
    assert Page(render_html(made)).all("header") == [{"class": f"verdict {tone}"}]


def test_key_figures_show_the_weakest_host() -> None:
    text = Page(render_html(failing())).text
    assert "5,210images/s on the CPU, lowest of 3" in text
    assert "3 min 32 s" in text


def test_a_price_is_shown_with_what_it_came_to() -> None:
    made = record(planned=replace(plan(), price_usd_per_hour=1.006))
    assert "$1.01per hour, $0.06 until now" in Page(render_html(made)).text


def test_hosts_share_two_charts_and_a_legend() -> None:
    page = Page(render_html(failing()))
    assert [figure["aria-label"].partition(" ")[0] for figure in page.all("figure")] == ["Loss", "Accuracy"]
    assert [style for style in page.all("i") if "--series-3" in style.get("style", "")]


def test_a_page_is_the_same_every_time() -> None:
    assert render_html(failing()) == render_html(failing())


def test_without_matplotlib_the_curve_is_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    page = Page(render_html(record()))
    assert not page.all("svg")
    assert "0.6321" in page.text
    assert "pip install 'orchestrate[report]'" in page.text


def test_only_hosts_with_problems_are_unfolded_in_a_fleet() -> None:
    text = render_html(failing())
    folded = dict(re.findall(r"<details( open)?>\s*<summary>(sandbox-\d)", text))
    assert len(folded) == 2
    assert re.search(r"<details>\s*<summary>sandbox-1", text)
    assert re.search(r"<details open>\s*<summary>sandbox-2", text)


def test_what_a_host_says_is_shown_and_never_obeyed() -> None:
    hostile = tuple(map(poisoned, runs()))
    made = record(*hostile)
    made = replace(
        made, hosts=(replace(made.hosts[0], provider_id=SCRIPT, address=SCRIPT, distribution=SCRIPT),)
    )
    page = Page(render_html(made))
    assert not page.all("script")
    assert page.text.count(SCRIPT) > 20


def poisoned(run: WorkloadRun) -> WorkloadRun:
    return replace(
        run,
        device_used=SCRIPT,
        devices=(Device(name=SCRIPT, kind=SCRIPT, memory_mib=None, description=f'"{SCRIPT}'),),
        versions={SCRIPT: SCRIPT},
        metrics=run.metrics | {SCRIPT: 1.0},
        checks=tuple(
            replace(
                check, name=f"{SCRIPT}", seen=SCRIPT, expected=SCRIPT, reason=SCRIPT, outcome=Outcome.ERROR
            )
            for check in run.checks
        ),
    )


def test_secrets_among_the_role_variables_stay_secret() -> None:
    secrets: dict[str, object] = {
        "base_pip_config": {"index-url": "https://me:hunter2@packages.example/simple"},
        "web_admin_password": "hunter2",
        "slurm": {"munge_secret": "hunter2", "nodes": ["plain"]},
        "ssh_key": "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----",
        "base_ca_certificates": [{"name": "company", "pem": "-----BEGIN CERTIFICATE-----\nMIIC\n"}],
    }
    text = Page(render_html(record(planned=replace(plan(), role_vars=secrets)))).text
    assert "hunter2" not in text
    assert "https://***@packages.example/simple" in text
    assert "plain" in text
    assert "(1 PEM certificate)" in text


def test_facts_are_told_once_where_hosts_agree() -> None:
    given = list(runs("sandbox-1", "sandbox-2"))
    given[3] = replace(given[3], versions=given[3].versions | {"python": "3.13.5"})
    text = Page(render_html(record(*given, planned=plan("sandbox-1", "sandbox-2")))).text
    assert text.count("2.21.0") == 1
    assert "3.11.2 (sandbox-1, sandbox-2) 3.13.5 (sandbox-2)" in text


def test_the_stack_is_shown_once_for_hosts_that_are_alike_and_says_what_is_unsure() -> None:
    card = stack("Tesla T4", driver=DRIVER, facts=(HEARSAY,))
    stacks = {"sandbox-1": card, "sandbox-2": card, "sandbox-3": stack()}
    text = Page(
        render_html(record(planned=plan(*HOSTS, stacks=stacks, notes=("conda is left out: why",))))
    ).text
    assert text.count("580, 580.95.05 or newer of it, open modules") == 1
    assert "sandbox-1, sandbox-2 forTesla T4 on debian-12, x86_64" in text
    assert "unsuredriver 580 knows Tesla T4" in text
    assert "Noteconda is left out: why" in text

"""Whatever the files of other roles hold: the host's page is written, with a sentence where a part cannot be told."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings

from gpuhost.files import write
from gpuhost.page import records
from gpuhost.page import render as page
from tests.unit.any_answer.anything import spoilt
from tests.unit.any_answer.test_limits import SAID
from tests.unit.gpuhost.page.samples import full

TLS = {
    "names": ["a.example.org"],
    "issuer": "O=Authority",
    "self_signed": False,
    "not_after": "2027-01-01T00:00:00+00:00",
}
TRAINING = {
    "verdict": "PASS",
    "headline": "PASS: lab-1 trained",
    "checks": [{"name": "test_accuracy", "seen": "0.91"}],
    "issued_at": "2026-11-28T12:00:00+00:00",
    "reasons": [],
}
TOOLS = [{"title": "Notes", "path": "/notes/", "description": "x"}]
LIFETIME = SAID | {"limits": {"price_usd_per_hour": 0.5}}


@settings(max_examples=150)
@given(spoilt(TLS), spoilt(TRAINING), spoilt(TOOLS), spoilt(LIFETIME))
def test_any_file_leaves_a_page(tls: str, training: str, tools: str, lifetime: str) -> None:
    with TemporaryDirectory() as folder:
        tls_file, training_file = in_file(folder, "tls", tls), in_file(folder, "training", training)
        tools_file = in_file(folder, "tool.json", tools)
        snapshot = full(
            tls=page.attempt("The web certificate", lambda: records.tls(tls_file)),
            training=page.attempt("The training certificate", lambda: records.training(training_file)),
            tools=page.attempt("What is switched on", lambda: records.tools(tools_file.parent)),
            lifetime=page.attempt("Time and cost", lambda: records.parse_lifetime(lifetime)),
        )
        write(Path(folder) / "index.html", page.document(snapshot, ""))
        assert "</html>" in (Path(folder) / "index.html").read_text(encoding="utf-8")


def test_a_time_elsewhere_is_told_in_utc() -> None:
    when: datetime = records.moment("2026-11-28T14:00:00+02:00")
    assert when.isoformat() == "2026-11-28T12:00:00+00:00"


def test_what_the_program_of_the_limits_says_is_told() -> None:
    told: Any = records.parse_lifetime(json.dumps(LIFETIME))
    assert asdict(told)["spent_s"] == 3600.0


def in_file(folder: str, name: str, text: str) -> Path:
    path = Path(folder) / name
    path.write_bytes(text.encode(errors="surrogatepass"))
    return path

"""What is read of a standing later, by whoever asks: nothing that is old, of another certificate or garbled holds."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gpuhost.recheck.command import in_words
from gpuhost.recheck.standing import EXPIRED, HOLDS, REVOKED, STANDING, UNKNOWN, Reason, current, parsed
from tests.unit.gpuhost.recheck.samples import NOW, standing


def kept(folder: Path, text: str) -> Path:
    (folder / STANDING).write_text(text, encoding="utf-8")
    return folder


def test_what_is_written_is_read_again() -> None:
    given = standing(reasons=(Reason("ü", "orchestrate validate"),), note="in use", tried_at=NOW)
    assert parsed(given.to_json()) == given


@pytest.mark.parametrize(
    ("state", "at", "digest", "expected"),
    [
        (HOLDS, NOW, "d1", HOLDS),
        (HOLDS, NOW, "d2", UNKNOWN),
        (HOLDS, NOW + timedelta(hours=1), "d1", UNKNOWN),
        (HOLDS, NOW + timedelta(days=28), "d1", EXPIRED),
        (REVOKED, NOW + timedelta(days=99), "d1", REVOKED),
        (REVOKED, NOW, "d2", UNKNOWN),
        (EXPIRED, NOW + timedelta(days=99), "d1", EXPIRED),
    ],
)
def test_it_is_what_it_was_until_it_is_old_or_expires(
    tmp_path: Path, state: str, at: datetime, digest: str, expected: str
) -> None:
    now = current(kept(tmp_path, standing(state=state).to_json()), digest, at)
    assert now.state == expected
    assert expected in {HOLDS, state} or all(each.action for each in now.reasons)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"state": "holds"}', standing().to_json().replace("holds", "fine"), "[" * 100_000],
)
def test_what_cannot_be_read_is_unknown(tmp_path: Path, text: str) -> None:
    assert current(kept(tmp_path, text), "d1", NOW).state == UNKNOWN
    assert current(tmp_path / "nowhere", "d1", NOW).state == UNKNOWN


def test_a_person_is_told_why_and_what_to_do() -> None:
    revoked = standing(state=REVOKED, reasons=(Reason("driver was 1 and is 2", "orchestrate up --full"),))
    assert in_words(revoked) == (
        "revoked since 2026-11-18 15:10 UTC\n"
        "  driver was 1 and is 2\n"
        "    try: orchestrate up --full\n"
        "  last looked at 2026-11-20 14:55 UTC, last proved 2026-11-20 13:10 UTC\n"
    )

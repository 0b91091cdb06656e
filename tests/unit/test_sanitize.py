"""Foreign text and JSON: whatever comes in, what goes out can be printed, put into a page and into XML."""

import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.sanitize import (
    DocumentError,
    sanitized,
    sanitized_json,
    sanitized_line,
    sanitized_time,
    sanitized_value,
)

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("plain", "plain"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("Straße 日本 🎉 é", "Straße 日本 🎉 é"),
        ("\x1b[2J\x1b[H\x1b[1;32mPASS\x1b[0m", "PASS"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP+q544e\x1b\\after", "after"),
        ("\x9b31mred", "red"),
        ("\x1b(0lines", "lines"),
        ("\x1b[\x1b[31m31mnested", "\ufffd[31mnested"),
        ("\x1b]0;never ends", "\ufffd]0;never ends"),
        ("over\rwritten", "over\ufffdwritten"),
        ("dos\r\nlines", "dos\nlines"),
        ("nul\x00, back\x08, bell\x07, del\x7f", "nul\ufffd, back\ufffd, bell\ufffd, del\ufffd"),
        ("abc\u202edcba\u2066x\u200f", "abc\ufffddcba\ufffdx\ufffd"),
        ("lone \ud800 and \uffff", "lone \ufffd and \ufffd"),
        ("hidden \U000e0041", "hidden \ufffd"),
    ],
)
def test_text_is_shown_without_what_a_terminal_would_obey(said: str, shown: str) -> None:
    assert sanitized(said) == shown


def test_long_text_says_that_it_was_cut() -> None:
    assert sanitized("x" * 30, limit=10) == "xxxxxxxxxx… (20 more characters)"
    assert sanitized_line("a\n b\tc") == "a b c"


@given(ANY_TEXT)
def test_no_text_keeps_a_control_character(text: str) -> None:
    clean = sanitized(text)
    assert all(each.isprintable() or each in "\t\n" or ord(each) >= 0xA0 for each in clean)
    assert sanitized(clean) == clean
    element = ET.Element("a")
    element.text = clean
    assert ET.fromstring(ET.tostring(element)).text == (clean or None)  # noqa: S314 - our own text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Invalid JSON"),
        ("{", "Invalid JSON"),
        (b"\xff\xfe{}", "Invalid JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 40 + "]" * 40, "nested too deeply"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ("[-Infinity]", "-Infinity is no JSON number"),
        ("9" * 400, "a number has 400 digits"),
        ("9" * 5000, "a number has 5000 digits"),
        ("1e999", "larger than a float"),
        ("0." + "1" * 400, "a number has 402 digits"),
        ('{"a": 1, "a": 2}', "a key is there twice"),
    ],
)
def test_json_that_no_program_of_ours_writes_is_refused_with_its_reason(text: str | bytes, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        sanitized_json(text)


def test_escapes_inside_json_strings_come_out_clean() -> None:
    said = json.dumps({"\x1b[31mkey": ["\x1b]0;t\x07a\x00", {"b": "\ud800"}], "n": 1.5, "x": None, "t": True})
    assert sanitized_json(said) == {"key": ["a\ufffd", {"b": "\ufffd"}], "n": 1.5, "x": None, "t": True}


@given(st.binary() | ANY_TEXT)
def test_any_bytes_are_a_value_or_one_kind_of_error(text: str | bytes) -> None:
    kind, said = outcome_of(text)
    assert kind == "value" or said


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64)
        | st.floats(allow_nan=False, allow_infinity=False)
        | ANY_TEXT,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_our_programs_write_is_read_as_it_was_meant(value: object) -> None:
    written = json.dumps(value)
    kind, read = outcome_of(written)
    assert kind == "value"
    assert read == sanitized_value(value, limit=20_000)


def outcome_of(text: str | bytes) -> tuple[str, object]:
    try:
        return "value", sanitized_json(text)
    except DocumentError as error:
        return "error", str(error)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        (None, None),
        ("", None),
        ("2026-11-30T10:00:00+02:00", datetime(2026, 11, 30, 8, tzinfo=UTC)),
        ("2026-11-30T10:00:00Z", datetime(2026, 11, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_time_is_one_in_utc(said: object, at: datetime | None) -> None:
    assert sanitized_time(said) == at


@pytest.mark.parametrize("said", ["2026-11-30T10:00:00", "soon", 1, [], "0001-01-01T00:00:00+23:59"])
def test_what_is_no_time_raises(said: object) -> None:
    with pytest.raises((ValueError, TypeError, OverflowError)):
        sanitized_time(said)

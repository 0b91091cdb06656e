"""Lines that are only ever added: `Journal.append` and `entries`."""

from pathlib import Path

from orchestrator.journal import Journal
from orchestrator.models import Resource


def thing(name: str) -> Resource:
    return Resource(kind="volume", id=name, name=name, state="there")


def test_what_was_appended_is_read_back_in_order(tmp_path: Path) -> None:
    journal = Journal("t", tmp_path)
    assert journal.entries("ledger", Resource) == ()
    journal.append("ledger", (thing("a"), thing("b")))
    journal.append("ledger", (thing("c"),))
    assert [each.name for each in journal.entries("ledger", Resource)] == ["a", "b", "c"]


def test_a_line_that_a_crash_cut_off_is_passed_over_and_the_next_one_stands_alone(tmp_path: Path) -> None:
    journal = Journal("t", tmp_path)
    journal.append("ledger", (thing("a"),))
    path = journal.folder / "ledger.jsonl"
    path.write_bytes(path.read_bytes() + b'{"kind": "vol')
    journal.append("ledger", (thing("b"),))
    assert [each.name for each in journal.entries("ledger", Resource)] == ["a", "b"]

"""A plan whose stacks were decided from old tables says so; one that decides no stack has nothing to say."""

from dataclasses import replace
from datetime import date

from orchestrator.cli.commands.fleet import note_old_tables
from orchestrator.progress import Silent
from tests.unit.stages.preflight.situations import GPU_STACK
from tests.unit.stages.proofs import plan

LATER = date(2099, 1, 1)
WITH_STACK = replace(plan(), stacks={"lab-1": GPU_STACK})


class Noted(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_a_plan_that_rests_on_old_tables_says_so_and_where_they_are_listed() -> None:
    progress = Noted()
    note_old_tables(WITH_STACK, progress, LATER)
    (note,) = progress.notes
    assert note.startswith("the catalog is old: ")
    assert note.endswith("`orchestrate catalog`")


def test_fresh_tables_and_a_plan_without_a_stack_are_not_spoken_of() -> None:
    progress = Noted()
    note_old_tables(WITH_STACK, progress, date(2026, 11, 28))
    note_old_tables(plan(), progress, LATER)
    assert progress.notes == []

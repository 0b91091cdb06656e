"""Whoever upgrades can still read, and take away, what an earlier version made."""

import json
from pathlib import Path

import pytest

from orchestrator.errors import OrchestrateError
from orchestrator.journal import Journal
from orchestrator.models import Framework, Plan
from tests.unit.stacks import stack
from tests.unit.stages.proofs import plan


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    found = Journal("sandbox", tmp_path)
    found.save("plan", plan(stacks={"sandbox-1": stack()}))
    return found


def test_a_plan_of_before_there_was_a_framework_to_choose_is_one_of_tensorflow(journal: Journal) -> None:
    now = journal.load("plan", Plan)
    assert now is not None
    assert now.stacks["sandbox-1"].framework is Framework.TENSORFLOW
    file = journal.folder / "plan.json"
    written = json.loads(file.read_text(encoding="utf-8"))
    of_host = written["stacks"]["sandbox-1"]
    del of_host["framework"]
    of_host["tensorflow"] = of_host.pop("release")
    file.write_text(json.dumps(written), encoding="utf-8")
    assert journal.load("plan", Plan) == now


@pytest.mark.parametrize("content", ["{}", "[]", '{"fleet": 7}', '"plan"', "null"])
def test_what_no_version_wrote_is_refused(journal: Journal, content: str) -> None:
    (journal.folder / "plan.json").write_text(content, encoding="utf-8")
    with pytest.raises(OrchestrateError, match=r"plan\.json cannot be read as Plan: \d+ problem"):
        journal.load("plan", Plan)


@pytest.mark.parametrize("content", ["", "{", "\\x00"])
def test_half_a_file_is_refused_by_name(journal: Journal, content: str) -> None:
    (journal.folder / "plan.json").write_text(content, encoding="utf-8")
    with pytest.raises(OrchestrateError, match="cannot be read as Plan: it is no JSON"):
        journal.load("plan", Plan)

"""Faults by name: what a command says of each, how it ends, and that nothing that runs or costs is passed over."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from orchestrator.errors import ExitCode
from orchestrator.journal import Journal
from orchestrator.models import Receipt
from orchestrator.rehearsal import PROFILES, Cloud
from orchestrator.rehearsal.cloud import AccountSettings
from tests.repo.tree import ROOT
from tests.unit.cli.faults.cases import CASES, UP, Case
from tests.unit.cli.inside import Here, Said
from tests.unit.cli.test_endpoint import real

pytestmark = pytest.mark.served

FLEET = "name: t\ncloud: aws\naws: {ssh_from: [192.0.2.1/32], regions: [us-east-1], zones: [us-east-1a]}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody with a fleet file, and the account that stands for AWS."""

    here: Here
    account: Cloud

    def types(self, *words: str, variables: dict[str, str] | None = None) -> Said:
        return self.here.types(*words, variables=real(self.account) | (variables or {}))

    @property
    def journal(self) -> Journal:
        return Journal("t", self.here.home / "orchestrate")

    def alive(self) -> int:
        """How many instances are there."""
        gone = {"shutting-down", "terminated"}
        return sum(life.instance.state not in gone for life in self.account.instances())


@pytest.fixture
def user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[User]:
    """Instances of the account are `pending` for an hour: nobody waits for one that would not answer."""
    (tmp_path / "fleet.yml").write_text(FLEET, encoding="utf-8")
    with Cloud(settings=AccountSettings(settle_s=3600)) as account:
        yield User(
            here=Here(home=tmp_path, monkeypatch=monkeypatch, capsys=capsys),
            account=account,
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_command_that_meets_a_fault_says_its_cause_what_helps_and_what_runs(user: User, case: Case) -> None:
    user.account.states.settle_s = 0.0 if case.name.startswith("kms") else 3600.0
    user.account.inject(*PROFILES[case.name])
    said = user.types(*case.words, variables=case.variables)
    assert said.code == case.code, said.err
    lines = said.err.splitlines()
    assert any(case.cause in line for line in lines), said.err
    assert any(case.hint in line for line in lines if line.startswith("  try: ")), said.err
    if case.last:
        assert [line for line in lines if not line.startswith("  not asked: ")][-1] == case.last
    assert user.alive() == (case.name == "session-expires-later")


def test_what_a_fault_asks_for_is_what_cures_it(user: User) -> None:
    user.account.inject(
        *PROFILES["tags-demanded"], *PROFILES["tag-policy"], *PROFILES["session-expires-later"]
    )
    user.types(*UP, variables={"ORCHESTRATE_AWS__TAGS": '{"CostCenter": "7"}'})
    assert user.alive() == 1


def test_after_a_new_login_up_goes_on_with_the_host_that_it_has(user: User) -> None:
    for _ in range(2):
        user.account.inject(*PROFILES["session-expires-later"])
        said = user.types(*UP)
        assert said.code == ExitCode.PROVIDER
        assert user.alive() == 1
        user.account.clear_faults()
    status = user.types("status")
    assert "t-1" in status.out


def test_a_launch_whose_answer_was_lost_as_the_session_ended_is_not_called_nothing(user: User) -> None:
    user.account.inject(*PROFILES["lost-reply"], *PROFILES["session-expires"])
    said = user.types(*UP)
    assert said.code == ExitCode.PROVIDER
    assert said.err.splitlines()[-1] == "  whether it runs is not known: t-1, which was asked for"
    assert user.alive() == 1


def test_down_waits_for_hosts_that_end_slowly_and_proves_it(user: User) -> None:
    user.account.inject(*PROFILES["session-expires-later"])
    user.types(*UP)
    user.account.clear_faults()
    (slow,) = PROFILES["slow-termination"]
    user.account.inject(replace(slow, seconds=1.0))
    said = user.types("down", "--yes")
    assert (said.code, user.account.resource_ids()) == (ExitCode.OK, ())
    folder = user.journal.last_ended()
    assert folder is not None
    past = user.journal
    past.folder = folder
    receipt = past.load("receipt", Receipt)
    assert receipt is not None
    assert receipt.all_gone


def test_every_profile_has_a_line_in_the_documents_table_and_each_line_a_profile() -> None:
    text = (ROOT / "docs" / "rehearsal.md").read_text(encoding="utf-8")
    table = text.partition("## Faults")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert sorted(name for row in rows for name in re.findall(r"`([a-z-]+)`", row)) == sorted(PROFILES)

"""`--adopt` of `up`, `down` and `gc`, on the fake EC2: another state folder's fleet, ours from then on; what is ours already stays."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.errors import ExitCode
from orchestrator.rehearsal import Cloud
from tests.unit.cli.inside import Here, Said
from tests.unit.cli.test_endpoint import real
from tests.unit.providers.aws.rig import Rig, request

pytestmark = pytest.mark.served

FLEET = "name: t\ncloud: aws\naws: {ssh_from: [192.0.2.1/32], regions: [us-east-1], zones: [us-east-1a]}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Somebody whose state folder does not know the fleet t, in an account that has it."""

    here: Here
    account: Cloud

    def types(self, *words: str) -> Said:
        return self.here.types(*words, variables=real(self.account))

    def states(self) -> list[str]:
        return [str(life.instance.state) for life in self.account.instances()]


@pytest.fixture
def finder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Finder]:
    (tmp_path / "fleet.yml").write_text(FLEET, encoding="utf-8")
    with Cloud(settle_s=0) as account:
        rig = Rig(cloud=account, owner="lost")
        rig.provider().launch(request(), rig.intend)
        yield Finder(here=Here(home=tmp_path, monkeypatch=monkeypatch, capsys=capsys), account=account)


def test_an_up_that_adopts_launches_nothing_beside_and_says_what_runs_where_the_key_is_lost(
    finder: Finder,
) -> None:
    said = finder.types("up", "--adopt", "t", "--yes")
    assert said.code == ExitCode.PROVIDER
    lines = said.err.splitlines()
    assert "fleet t of owner lost" in said.err
    assert any(line.startswith("the SSH key of fleet t is gone") for line in lines)
    assert lines[-1].startswith("1 host (t-1) runs, which costs $0.5")
    assert finder.states() == ["running"]
    assert finder.types("down", "--yes").code == ExitCode.OK
    assert finder.account.resource_ids() == ()


def test_gc_that_adopts_shows_then_takes_away_and_proves_it(finder: Finder) -> None:
    refused = finder.types("gc", "--adopt", "t")
    assert refused.code == ExitCode.USAGE
    assert refused.err.splitlines()[-1] == "  try: orchestrate adopt t --yes"
    assert finder.states() == ["running"]
    said = finder.types("gc", "--adopt", "t", "--yes")
    assert said.code == ExitCode.OK, said.err
    assert "gone  instance   t-1" in said.out
    assert finder.account.resource_ids() == ()
    assert "t" not in {each.name for each in (finder.here.home / "orchestrate" / "fleets").iterdir()}


def test_gc_that_is_told_to_adopt_a_fleet_that_is_up_leaves_it(finder: Finder) -> None:
    assert finder.types("adopt", "t", "--yes").code == ExitCode.OK
    finder.types("up", "--yes")
    said = finder.types("gc", "--adopt", "t", "--yes")
    assert said.code == ExitCode.OK, said.err
    assert "nothing of ours is there that no run folder knows" in said.out
    assert finder.states() == ["running"]


def test_what_nobody_has_is_not_adopted_and_nothing_is_made(finder: Finder) -> None:
    said = finder.types("up", "--adopt", "nobody", "--yes")
    assert said.code == ExitCode.USAGE
    assert said.err.splitlines()[0] == "nobody has a fleet nobody here"
    two = finder.types("up", "--adopt", "t", "--name", "x", "--yes")
    assert two.code == ExitCode.USAGE
    assert "are two fleets" in two.err
    assert finder.states() == ["running"]

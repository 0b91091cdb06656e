"""Commands where a region of the account does not let itself be asked: what they name, and how they end."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.cli.endpoint import regions_tried
from orchestrator.errors import ExitCode
from orchestrator.journal import Journal
from orchestrator.providers.aws import tags
from orchestrator.rehearsal import Cloud, Fault
from orchestrator.rehearsal.faults import REGION
from tests.providers.ec2 import run_instance
from tests.unit.cli.test_endpoint import real, recorded
from tests.unit.cli.typed import typed

pytestmark = pytest.mark.served

EAST, WEST = "us-east-1", "us-west-2"
IN_BOTH = {"ORCHESTRATE_CLOUD": "aws", "ORCHESTRATE_AWS__REGIONS": f"[{EAST}, {WEST}]"}
ELSEWHERE = {"ORCHESTRATE_CLOUD": "aws", "ORCHESTRATE_AWS__REGIONS": f"[{WEST}]"}


@pytest.fixture
def account() -> Iterator[Cloud]:
    with Cloud(settle_s=0) as cloud:
        yield cloud


def refuse(account: Cloud, region: str, action: str = "*") -> None:
    account.inject(Fault(action=action, code="AuthFailure", status=401, when=((REGION, region),)))


def test_gc_finds_a_fleet_in_a_region_that_nobody_named(tmp_path: Path, account: Cloud) -> None:
    (tmp_path / "orchestrate").mkdir()
    (tmp_path / "orchestrate" / "owner").write_text("me\n", encoding="ascii")
    run_instance(account, {tags.FLEET: "lost", tags.OWNER: "me", tags.HOST: "lost-1"})
    refuse(account, "eu-west-1")
    said = typed(tmp_path, "gc", "--json", variables=real(account) | ELSEWHERE)
    assert said.returncode == ExitCode.OK, said.stderr
    found = json.loads(said.stdout)
    assert list(found["orphans"]) == ["lost"]
    assert {EAST, WEST, "eu-central-1"} <= set(found["regions"])
    assert list(found["not_asked"]) == ["eu-west-1"]


def test_gc_says_where_it_searched_when_there_is_nothing(tmp_path: Path, account: Cloud) -> None:
    refuse(account, EAST, "DescribeRegions")
    refuse(account, WEST)
    said = typed(tmp_path, "gc", variables=real(account) | IN_BOTH)
    assert said.returncode == ExitCode.OK, said.stdout
    assert "nothing of ours is there that no run folder knows" in said.stdout
    assert f"searched 1 of 2 regions: {EAST}\n" in said.stdout
    assert f"not searched: {WEST}: AWS refused" in said.stdout
    assert f"only {EAST}, {WEST} can be searched" in said.stderr


def test_down_calls_nothing_gone_where_a_region_that_the_fleet_was_tried_in_is_not_asked(
    tmp_path: Path, account: Cloud
) -> None:
    recorded(tmp_path, rehearsed=False)
    fleet = Journal("lab", tmp_path / "orchestrate")
    fleet.intend("instance", f"{WEST}/{WEST}a/g4dn.xlarge/on-demand")
    refuse(account, WEST)
    said = typed(tmp_path, "down", "--yes", "--name", "lab", variables=real(account) | IN_BOTH)
    assert said.returncode == ExitCode.PROVIDER
    assert f"LEFT  region     {WEST}  (not asked" in said.stdout
    assert f"aws account enable-region --region-name {WEST}" in said.stdout
    assert "nothing is left" not in said.stdout
    assert fleet.exists


def test_down_is_done_where_the_fleet_was_never_in_the_region_that_refuses(
    tmp_path: Path, account: Cloud
) -> None:
    recorded(tmp_path, rehearsed=False)
    refuse(account, WEST)
    said = typed(tmp_path, "down", "--yes", "--name", "lab", variables=real(account) | IN_BOTH)
    assert said.returncode == ExitCode.OK, said.stderr
    assert "nothing is left of fleet lab" in said.stdout
    assert f"left out: {WEST}: " in said.stderr


def test_where_a_fleet_has_been_is_what_was_begun_and_what_was_taken_over(tmp_path: Path) -> None:
    fleet = Journal("lab", tmp_path)
    assert regions_tried(fleet, (EAST, WEST)) is None
    fleet.record("begin", {"command": "orchestrate up"})
    assert regions_tried(fleet, (EAST, WEST)) == frozenset()
    fleet.intend("instance", f"{EAST}/{EAST}a/g4dn.xlarge/spot")
    fleet.intend("owner", f"i-1, i-2 in {WEST}")
    assert regions_tried(fleet, (EAST, WEST)) == frozenset({EAST, WEST})

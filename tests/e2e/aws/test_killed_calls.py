"""Killed before and after every single call of EC2, at every position: never two hosts for one, never an orphan after `gc`."""

import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from orchestrator.providers.aws import tags
from orchestrator.rehearsal import Cloud
from tests.e2e.aws.account import ec2_at
from tests.e2e.aws.operator import FLEET, HOSTS, run

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

pytestmark = pytest.mark.containers  # none is started; it takes minutes all the same
TIMEOUT_S = 60
GONE = ("shutting-down", "terminated")
TIMES = (
    pytest.param(1, id="repeated or collected"),
    pytest.param(2, id="repeated and collected", marks=pytest.mark.deep),
)
"""How often a command is killed on one side of a call."""


class Operator:
    """Somebody with a state folder, whose commands can be killed."""

    def __init__(self, cloud: Cloud, root: Path) -> None:
        self._cloud = cloud
        self._root = root

    def does(self, action: str) -> int:
        """Let it come to its end; return how many calls of EC2 it took."""
        self._cloud.clear_calls()
        assert self._runs(action, position=0, after=False) == 0
        return sum(call.service == "ec2" for call in self._cloud.calls())

    def is_killed(self, action: str, *, position: int, after: bool) -> bool:
        """Kill it at that call; False when it ended before."""
        code = self._runs(action, position=position, after=after)
        assert code in {0, -signal.SIGKILL}
        self._cloud.kill_at(0, after=False, pid=0)
        return code != 0

    def forgets(self) -> None:
        """The run folder is lost; the mark is not."""
        for folder in ("fleets", "keys", "ended"):
            shutil.rmtree(self._root / folder, ignore_errors=True)

    def _runs(self, action: str, *, position: int, after: bool) -> int:
        def watch(pid: int) -> None:
            self._cloud.kill_at(position, after=after, pid=pid)

        code = run(action, self._cloud.url, self._root, watch, TIMEOUT_S)
        assert code in {0, -signal.SIGKILL}
        return code


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(settle_s=0) as opened:
        yield opened


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_an_up_that_was_killed_at_any_call_goes_on_or_is_collected(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str], times: int, *, after: bool
) -> None:
    unharmed = Operator(cloud, tmp_path / "unharmed")
    calls = unharmed.does("up")
    unharmed.does("down")
    killed = 0
    for position, repeat in ways(times, after=after):
        someone = Operator(cloud, tmp_path / f"{position}-{repeat}")
        if not someone.is_killed("up", position=position, after=after):
            someone.does("down")
            break
        killed += 1
        if repeat:
            someone.does("up")
            assert hosts_of(cloud) == dict.fromkeys(HOSTS, 1), f"killed at call {position}"
            someone.does("down")
        else:
            someone.forgets()
            someone.does("gc")
        assert left_in(cloud) == [], f"killed at call {position}"
    told(capsys, f"up killed {'after' if after else 'before'} each of {calls} calls, {killed} times in all")
    assert killed == times * calls > 0


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_down_that_was_killed_at_any_call_is_mended_by_up_or_gc(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str], times: int, *, after: bool
) -> None:
    unharmed = Operator(cloud, tmp_path / "unharmed")
    unharmed.does("up")
    calls = unharmed.does("down")
    killed = 0
    for position, repeat in ways(times, after=after):
        someone = Operator(cloud, tmp_path / f"{position}-{repeat}")
        someone.does("up")
        if not someone.is_killed("down", position=position, after=after):
            break
        killed += 1
        if repeat:
            someone.does("up")
            assert hosts_of(cloud) == dict.fromkeys(HOSTS, 1), f"killed at call {position}"
            someone.does("down")
        else:
            someone.forgets()
            someone.does("gc")
        assert left_in(cloud) == [], f"killed at call {position}"
    told(capsys, f"down killed {'after' if after else 'before'} each of {calls} calls, {killed} times in all")
    assert killed == times * calls > 0


def ways(times: int, *, after: bool) -> Iterator[tuple[int, bool]]:
    """Every position without end, and whether the command is repeated then: of a call's two sides one is, the other collected."""
    for position in count(1):
        for time in range(times):
            yield position, (position + after + time) % 2 == 1


def hosts_of(cloud: Cloud) -> dict[str, int]:
    """How many living instances there are for each host."""
    names = Counter[str]()
    for reservation in ec2_at(cloud.admin_url).describe_instances()["Reservations"]:
        for each in reservation["Instances"]:
            said = {tag["Key"]: tag["Value"] for tag in each.get("Tags", [])}
            if each["State"]["Name"] not in GONE and said.get(tags.FLEET) == FLEET:
                names[tags.host_name(said[tags.HOST], each["AmiLaunchIndex"])] += 1
    return dict(names)


def left_in(cloud: Cloud) -> list[str]:
    """Everything of the fleet that is still there, asked kind by kind."""
    ec2 = ec2_at(cloud.admin_url)
    ours: list[FilterTypeDef] = [{"Name": f"tag:{tags.FLEET}", "Values": [FLEET]}]
    return [
        *hosts_of(cloud),
        *(each["VolumeId"] for each in ec2.describe_volumes(Filters=ours)["Volumes"]),
        *(each["GroupId"] for each in ec2.describe_security_groups(Filters=ours)["SecurityGroups"]),
        *(each["KeyPairId"] for each in ec2.describe_key_pairs(Filters=ours)["KeyPairs"]),
        *(
            each["NetworkInterfaceId"]
            for each in ec2.describe_network_interfaces(Filters=ours)["NetworkInterfaces"]
        ),
    ]


def told(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Say it where it is read."""
    with capsys.disabled():
        print(f"\n{line}")

"""The account's own time: it can be moved on, and EC2's dates follow it."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from orchestrator.rehearsal import Cloud, Fault, Kind
from orchestrator.rehearsal.cloud import AccountSettings
from tests.unit.rehearsal.account import Account

pytestmark = pytest.mark.served

SPOT = {"MarketType": "spot"}


def still(settle_s: float = 0.0) -> Cloud:
    """An account whose time passes only when it is told to."""
    return Cloud(settings=AccountSettings(settle_s=settle_s, clock=lambda: 0.0))


def date_of(account: Account) -> datetime:
    """What the account says that it is."""
    answer = account.look.describe_vpcs()
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])


def test_the_date_of_every_answer_is_the_accounts() -> None:
    with still() as cloud:
        account = Account(cloud)
        before = date_of(account)
        cloud.clock.advance(3600)
        assert date_of(account) - before == timedelta(hours=1)
        assert abs(date_of(account) - datetime.now(UTC) - timedelta(hours=1)) < timedelta(seconds=30)


def test_a_stop_is_dated_by_the_call_that_asked_for_it_and_a_start_begins_a_new_run() -> None:
    with still(settle_s=30) as cloud:
        account = Account(cloud)
        id_ = account.run()[0].get("InstanceId", "")
        born = account.instances()[0]["LaunchTime"]
        cloud.clock.advance(7200)
        account.ec2.stop_instances(InstanceIds=[id_])
        cloud.clock.advance(600)
        stopped = account.instances()[0]
        assert stopped["State"]["Name"] == "stopped"
        assert (
            stopped["StateTransitionReason"]
            == f"User initiated ({born + timedelta(hours=2):%Y-%m-%d %H:%M:%S} GMT)"
        )
        account.ec2.start_instances(InstanceIds=[id_])
        assert account.instances()[0]["LaunchTime"] - born == timedelta(seconds=7800)


def test_the_end_of_a_spot_host_is_dated_by_its_request_alone() -> None:
    with still() as cloud:
        cloud.inject(Fault(action="RunInstances", kind=Kind.RECLAIMED, seconds=1000))
        account = Account(cloud)
        account.run(InstanceMarketOptions=SPOT)
        born = account.instances()[0]["LaunchTime"]
        cloud.clock.advance(9999)
        gone = account.instances()[0]
        assert gone["StateTransitionReason"] == "Server.SpotInstanceTermination"
        (request,) = account.look.describe_spot_instance_requests()["SpotInstanceRequests"]
        assert request["Status"]["Code"] == "instance-terminated-no-capacity"
        assert request["Status"]["UpdateTime"] - born == timedelta(seconds=1120)


def test_a_host_that_ended_itself_has_no_date_but_that_of_its_console() -> None:
    with still() as cloud:
        account = Account(cloud)
        account.run(InstanceInitiatedShutdownBehavior="terminate")
        born = account.instances()[0]["LaunchTime"]
        cloud.clock.advance(5400)
        (tracked,) = cloud.instances()
        with cloud.lock:
            cloud.states.shut_down_from_inside(tracked)
        cloud.clock.advance(1800)
        gone = account.instances()[0]
        assert (gone["State"]["Name"], gone.get("StateTransitionReason", "")) == ("terminated", "")
        console = account.look.get_console_output(InstanceId=gone["InstanceId"])
        assert console["Timestamp"] - born == timedelta(seconds=5400)

"""States, groups, permissions, calls: how the account behaves."""

import json
import subprocess
import sys
import urllib.request

import pytest
from botocore.exceptions import ClientError

from orchestrator.rehearsal import PROFILES, Cloud
from orchestrator.rehearsal.cloud import AccountSettings
from tests.unit.rehearsal.account import Account, tagged

pytestmark = pytest.mark.served

SCRIPT = """
import sys
from orchestrator.providers.aws.clients import Aws
ec2 = Aws(sys.argv[1]).ec2("us-east-1")
for name in "abc":
    ec2.create_security_group(GroupName=name, Description=name)
"""


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_each_state_on_the_way_lasts_as_long_as_it_was_told_to() -> None:
    clock = Clock()
    with Cloud(settings=AccountSettings(settle_s=5, clock=clock)) as cloud:
        account = Account(cloud)
        id_ = account.run()[0]["InstanceId"]
        seen = [account.states()]
        for act in (
            account.ec2.stop_instances,
            account.ec2.start_instances,
            account.ec2.terminate_instances,
        ):
            clock.now += 5
            seen.append(account.states())
            act(InstanceIds=[id_])
            seen.append(account.states())
        clock.now += 5
        seen.append(account.states())
        assert [state for (state,) in seen] == [
            *("pending", "running", "stopping", "stopped", "pending", "running"),
            *("shutting-down", "terminated"),
        ]
        assert account.instances()[0]["StateReason"]["Code"] == "Client.UserInitiatedShutdown"


def test_an_account_is_empty_and_its_neighbour_sees_nothing_of_it() -> None:
    with Cloud(settle_s=0) as one, Cloud(settle_s=0) as other:
        Account(one).run()
        assert len(Account(one).instances()) == 1
        assert Account(other).instances() == []


def test_a_group_in_use_cannot_be_deleted_until_its_instances_are_terminated() -> None:
    clock = Clock()
    with Cloud(settings=AccountSettings(settle_s=5, clock=clock)) as cloud:
        account = Account(cloud)
        group = account.ec2.create_security_group(GroupName="g", Description="d")["GroupId"]
        id_ = account.run(SecurityGroupIds=[group])[0]["InstanceId"]
        account.ec2.terminate_instances(InstanceIds=[id_])
        with pytest.raises(ClientError, match="DependencyViolation"):
            account.ec2.delete_security_group(GroupId=group)
        clock.now += 5
        account.ec2.delete_security_group(GroupId=group)
        assert cloud.resource_ids() == ()


def test_terminating_is_all_or_nothing_and_twice_is_once() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        id_ = account.run()[0]["InstanceId"]
        with pytest.raises(ClientError, match=r"InvalidInstanceID\.NotFound"):
            account.ec2.terminate_instances(InstanceIds=[id_, "i-00000000000000000"])
        assert account.states() == ["running"]
        for _ in range(2):
            account.ec2.terminate_instances(InstanceIds=[id_])
        assert account.states() == ["terminated"]


def test_a_spot_instance_cannot_be_stopped() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        id_ = account.run(InstanceMarketOptions={"MarketType": "spot"})[0]["InstanceId"]
        account.states()
        with pytest.raises(ClientError, match="UnsupportedOperation"):
            account.ec2.stop_instances(InstanceIds=[id_])


def test_a_reclaimed_instance_gets_its_notice_and_ends_two_minutes_later() -> None:
    clock = Clock()
    with Cloud(settings=AccountSettings(settle_s=0, clock=clock)) as cloud:
        account = Account(cloud)
        cloud.inject(*PROFILES["spot-reclaim"])
        account.run(InstanceMarketOptions={"MarketType": "spot"})
        account.states()
        clock.now += 31
        assert account.states() == ["running"]
        assert cloud.instances()[0].ends_at is not None
        clock.now += 121
        account.states()
        assert account.states() == ["terminated"]
        assert account.instances()[0]["StateReason"]["Code"] == "Server.SpotInstanceTermination"


@pytest.mark.parametrize(("behaviour", "state"), [("terminate", "terminated"), ("stop", "stopped")])
def test_a_host_that_shuts_itself_down_is_ended_as_it_was_launched_to_be(behaviour: str, state: str) -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        account.run(InstanceInitiatedShutdownBehavior=behaviour)
        tracked = cloud.instances()[0]
        with cloud.lock:
            cloud.states.shut_down_from_inside(tracked)
        assert account.states() == [state]
        assert account.instances()[0]["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"


def test_an_elastic_ip_lies_in_the_network_and_is_let_go_of_with_its_instance() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        id_ = account.run()[0]["InstanceId"]
        account.states()
        given = account.ec2.allocate_address(Domain="vpc")
        account.ec2.associate_address(AllocationId=given["AllocationId"], InstanceId=id_)
        assert account.instances()[0]["PublicIpAddress"] == given["PublicIp"]
        assert given["PublicIp"].startswith("10.231.15.")
        account.ec2.terminate_instances(InstanceIds=[id_])
        account.states()
        account.ec2.release_address(AllocationId=given["AllocationId"])
        assert cloud.resource_ids() == ()


def test_a_policy_refuses_what_it_does_not_name_in_the_words_of_each_service() -> None:
    allowed = {"Effect": "Allow", "Action": ["ec2:Describe*", "ec2:RunInstances", "ssm:GetParameters"]}
    with Cloud(settle_s=0, policy=json.dumps({"Statement": [allowed]})) as cloud:
        account = Account(cloud)
        account.ec2.describe_instances()
        assert account.refused() == "UnauthorizedOperation"  # it makes tags, too
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            account.ec2.create_security_group(GroupName="g", Description="d")
        with pytest.raises(ClientError, match="AccessDeniedException"):
            account.aws.quotas("us-east-1").get_service_quota(ServiceCode="ec2", QuotaCode="L-DB2E81BA")
        with pytest.raises(ClientError, match="AccessDenied"):
            account.aws.route53.list_hosted_zones()


def test_calls_are_counted_in_their_order_and_a_look_is_not() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        account.run()
        account.instances()
        account.aws.route53.list_hosted_zones()
        assert [(call.service, call.action) for call in cloud.calls()] == [
            ("ssm", "GetParameters"),
            ("ec2", "RunInstances"),
            ("route53", "ListHostedZones"),
        ]
        cloud.clear_calls()
        assert cloud.calls() == ()


def test_neither_faults_nor_kills_touch_a_look() -> None:
    with Cloud(settle_s=0) as cloud:
        cloud.inject(*PROFILES["throttled-for-good"])
        assert Account(cloud).instances() == []


@pytest.mark.parametrize(("after", "made"), [(False, ["a"]), (True, ["a", "b"])])
def test_a_process_is_killed_at_its_second_call_before_or_after_the_work(
    after: bool, made: list[str]
) -> None:
    with Cloud(settle_s=0) as cloud:
        process = subprocess.Popen((sys.executable, "-c", SCRIPT, cloud.url))
        cloud.kill_at(2, after=after, pid=process.pid)
        assert process.wait(timeout=60) == -9
        groups = Account(cloud).look.describe_security_groups()["SecurityGroups"]
        assert sorted(each["GroupName"] for each in groups if each["GroupName"] != "default") == made


def test_the_caller_hears_its_own_address() -> None:
    with Cloud() as cloud, urllib.request.urlopen(f"{cloud.url}/caller-address") as answer:  # noqa: S310  our own
        assert answer.read() == b"127.0.0.1\n"


def test_an_image_of_a_host_has_its_root_device_its_size_and_tags_on_the_snapshot() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        disk = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 40}}]
        id_ = account.run(BlockDeviceMappings=disk)[0]["InstanceId"]
        tags = [
            {"ResourceType": kind, "Tags": [{"Key": "k", "Value": "v"}]} for kind in ("image", "snapshot")
        ]
        made = account.ec2.create_image(InstanceId=id_, Name="baked", TagSpecifications=tags)  # type: ignore[arg-type]
        seen = account.look.describe_images(ImageIds=[made["ImageId"]])["Images"][0]
        assert seen["RootDeviceName"] == "/dev/xvda"
        assert seen["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 40
        ours = tagged("k", "v")
        assert len(account.look.describe_snapshots(Filters=ours)["Snapshots"]) == 1

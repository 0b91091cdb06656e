"""RunInstances and what follows, through boto3."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from orchestrator.rehearsal import PROFILES, Cloud, Fault, Kind
from tests.unit.rehearsal.account import DEBIAN, Account, tagged

pytestmark = pytest.mark.served


def test_a_client_token_gives_the_same_instances_again_in_their_state_now() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        first = account.run(2, ClientToken="t")
        again = account.run(2, ClientToken="t")
        assert [each["InstanceId"] for each in again] == [each["InstanceId"] for each in first]
        assert [each["State"]["Name"] for each in (first[0], again[0])] == ["pending", "running"]
        assert len(account.instances()) == 2


def test_a_client_token_with_other_parameters_is_refused_and_another_region_has_tokens_of_its_own() -> None:
    with Cloud(settle_s=0) as cloud:
        Account(cloud).run(ClientToken="t")
        assert Account(cloud).refused(2, ClientToken="t") == "IdempotentParameterMismatch"
        assert len(Account(cloud, "us-west-2").run(2, ClientToken="t")) == 2


def test_the_token_of_a_refused_launch_is_free() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        assert account.refused(ImageId="ami-00000000000000000", ClientToken="t") == "InvalidAMIID.NotFound"
        assert len(account.run(ClientToken="t")) == 1
        assert len(account.instances()) == 1


def test_as_many_as_the_most_that_was_asked_for_are_made_and_numbered() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        made = account.run(1, MaxCount=3)
        assert [each["AmiLaunchIndex"] for each in made] == [0, 1, 2]
        assert account.refused(3, MaxCount=2) == "InvalidParameterCombination"


def test_two_hundred_instances_come_in_one_call() -> None:
    with Cloud(settle_s=0, quotas={}) as cloud:
        account = Account(cloud)
        made = account.run(200)
        assert len({each["PrivateIpAddress"] for each in made}) == 200
        assert account.states() == ["running"] * 200


def test_tags_are_on_everything_from_the_first_moment_and_all_goes_with_the_instance() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        made = account.run(InstanceMarketOptions={"MarketType": "spot"})[0]
        ours = tagged("mark", "ours")
        requests = account.look.describe_spot_instance_requests(Filters=ours)["SpotInstanceRequests"]
        assert requests[0]["SpotInstanceRequestId"] == made["SpotInstanceRequestId"]
        assert made["InstanceLifecycle"] == "spot"
        assert len(account.look.describe_volumes(Filters=ours)["Volumes"]) == 1
        assert len(account.look.describe_network_interfaces(Filters=ours)["NetworkInterfaces"]) == 1
        account.ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
        assert account.states() == ["terminated"]
        assert account.look.describe_volumes()["Volumes"] == []
        assert account.look.describe_network_interfaces()["NetworkInterfaces"] == []
        requests = account.look.describe_spot_instance_requests()["SpotInstanceRequests"]
        assert requests[0]["State"] == "closed"
        assert cloud.resource_ids() == ()


def test_the_public_address_is_the_private_one_and_lies_in_the_network_of_its_region() -> None:
    with Cloud(settle_s=0, cidr="10.77.0.0/16") as cloud:
        here, there = Account(cloud).run()[0], Account(cloud, "us-west-2").run()[0]
        assert here["PrivateIpAddress"].startswith("10.77.0.")
        assert there["PrivateIpAddress"].startswith("10.77.96.")
        assert Account(cloud).instances()[0]["PublicIpAddress"] == here["PrivateIpAddress"]


def test_the_root_disk_is_the_images_own_unless_it_is_asked_for_and_never_smaller() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        account.run()
        volume = account.look.describe_volumes()["Volumes"][0]
        assert (volume["Size"], volume["Attachments"][0]["Device"]) == (8, "/dev/xvda")
        small = [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 4}}]
        assert account.refused(BlockDeviceMappings=small) == "InvalidBlockDeviceMapping"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"InstanceType": "g5g.xlarge"}, "InvalidParameterValue"),
        ({"InstanceType": "g2.2xlarge"}, "InvalidInstanceType.NotFound"),
        (
            {"InstanceType": "p4d.24xlarge", "Placement": {"AvailabilityZone": "us-east-1e"}},
            "Unsupported",
        ),
        ({"KeyName": "none"}, "InvalidKeyPair.NotFound"),
        ({"InstanceType": "g4dn.metal"}, "VcpuLimitExceeded"),
        ({"DryRun": True}, "DryRunOperation"),
    ],
    ids=["architecture", "retired", "not in that zone", "key", "quota", "dry run"],
)
def test_what_ec2_would_refuse_is_refused_and_makes_nothing(changes: dict[str, Any], code: str) -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        assert account.refused(**changes) == code
        assert cloud.resource_ids() == ()


def test_the_arm_image_fits_the_arm_type() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        image = account.image(DEBIAN.replace("amd64", "arm64"))
        assert account.run(ImageId=image, InstanceType="g5g.xlarge")[0]["Architecture"] == "arm64"


def test_no_capacity_stays_with_the_place_that_was_tried_first() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        cloud.inject(*PROFILES["no-capacity"])
        first: dict[str, Any] = {"Placement": {"AvailabilityZone": "us-east-1b"}}
        assert account.refused(**first) == "InsufficientInstanceCapacity"
        assert account.refused(**first) == "InsufficientInstanceCapacity"
        assert len(account.run(Placement={"AvailabilityZone": "us-east-1c"})) == 1


def test_a_lost_reply_did_the_work_and_a_dropped_request_did_not() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        cloud.inject(*PROFILES["lost-reply"], *PROFILES["dropped"])
        for there in (1, 1):
            with pytest.raises(ConnectionClosedError):
                account.run(ClientToken="t")
            assert len(account.instances()) == there
        assert len(account.run(ClientToken="t")) == 1
        assert len(account.instances()) == 1


def test_late_visibility_hides_the_instance_from_everything_but_its_token() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        cloud.inject(Fault(action="RunInstances", kind=Kind.HIDDEN, seconds=600, times=1))
        made = account.run(ClientToken="t")[0]
        assert account.instances() == []
        with pytest.raises(ClientError, match=r"InvalidInstanceID\.NotFound"):
            account.ec2.terminate_instances(InstanceIds=[made["InstanceId"]])
        assert account.run(ClientToken="t")[0]["InstanceId"] == made["InstanceId"]


def test_a_late_address_is_missing_at_first_and_only_the_public_one() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        cloud.inject(Fault(action="RunInstances", kind=Kind.NO_ADDRESS, seconds=600, times=1))
        account.run()
        seen = account.instances()[0]
        assert seen["State"]["Name"] == "running"
        assert seen.get("PublicIpAddress") is None
        assert seen["PrivateIpAddress"]


def test_an_instance_that_dies_says_why() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        cloud.inject(*PROFILES["async-death"])
        assert account.run()[0]["State"]["Name"] == "pending"
        seen = account.instances()[0]
        assert seen["State"]["Name"] == "terminated"
        assert seen["StateReason"]["Code"] == "Server.InsufficientInstanceCapacity"

"""Policies with resources and conditions: what they allow, and that the policy that we print keeps other people's things safe."""

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from orchestrator.providers.aws import tags
from orchestrator.providers.aws.policy import policy
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud
from orchestrator.rehearsal.iam.policy import Keys, Needed, Policy, Target
from tests.unit.providers.aws.rig import Rig, request
from tests.unit.rehearsal.account import Account

RUN = "ec2:RunInstances"
INSTANCE = "arn:aws:ec2:us-east-1:123456789012:instance/*"
COST = "aws:requesttag/costcenter"


def refused(statements: list[dict[str, Any]], keys: Keys | None = None, arn: str = INSTANCE) -> str | None:
    needed = Needed(action=RUN, targets=(Target(arn=arn, keys=keys or {}),))
    return Policy(json.dumps({"Statement": statements})).refused(needed)


def client_at(service: str, url: str, key: str = "x", secret: str = "x", token: str | None = None) -> Any:  # noqa: S107  of nobody
    """Of boto3 itself, since there are no types for IAM here."""
    make: Any = boto3.client
    return make(
        service,
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def allow(**more: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": RUN, "Resource": "*"} | more


@pytest.mark.parametrize(
    ("condition", "keys", "allowed"),
    [
        ({"StringEquals": {"aws:RequestTag/CostCenter": ["7", "8"]}}, {COST: ("8",)}, True),
        ({"StringEquals": {"aws:RequestTag/CostCenter": "7"}}, {COST: ("8",)}, False),
        ({"StringEquals": {"aws:RequestTag/CostCenter": "7"}}, {}, False),
        ({"StringEqualsIfExists": {"aws:RequestTag/CostCenter": "7"}}, {}, True),
        ({"StringNotEquals": {"aws:RequestTag/CostCenter": "7"}}, {}, True),
        ({"StringNotLike": {"aws:RequestTag/CostCenter": "7*"}}, {COST: ("77",)}, False),
        ({"StringLike": {"aws:RequestTag/CostCenter": "?7"}}, {COST: ("77",)}, True),
        ({"Null": {"aws:RequestTag/CostCenter": "false"}}, {}, False),
        ({"Null": {"aws:RequestTag/CostCenter": "true"}}, {}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {"aws:tagkeys": ("a", "b")}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, {}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {"aws:tagkeys": ("a", "b")}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}, {}, False),
    ],
)
def test_a_condition_is_held_against_what_the_request_says(
    condition: dict[str, Any], keys: Keys, allowed: bool
) -> None:
    assert (refused([allow(Condition=condition)], keys) is None) is allowed


def test_a_deny_goes_before_every_allow_and_only_where_its_condition_holds() -> None:
    deny = {
        "Effect": "Deny",
        "Action": "ec2:*",
        "Resource": "arn:aws:ec2:*:*:instance/*",
        "Condition": {"Null": {"aws:RequestTag/CostCenter": "true"}},
    }
    assert refused([allow(), deny]) == INSTANCE
    assert refused([allow(), deny], {COST: ("7",)}) is None
    assert refused([allow(), deny], arn="arn:aws:ec2:us-east-1::image/ami-1") is None


def test_every_resource_of_a_request_has_to_be_allowed() -> None:
    image = Target(arn="arn:aws:ec2:us-east-1::image/ami-1")
    given = Policy(json.dumps({"Statement": [allow(Resource="arn:aws:ec2:*::image/*")]}))
    assert given.refused(Needed(action=RUN, targets=(image, Target(arn=INSTANCE)))) == INSTANCE


def test_an_operator_that_is_not_played_is_refused_and_not_passed_over() -> None:
    with pytest.raises(ValueError, match="NumericGreaterThan is not played"):
        refused([allow(Condition={"NumericGreaterThan": {"ec2:MetadataHttpPutResponseHopLimit": "3"}})])


@pytest.mark.served
def test_with_the_printed_policy_nothing_of_anybody_elses_is_ended_changed_or_made_elsewhere() -> None:
    with Cloud(settle_s=0, policy=json.dumps(policy(AwsSettings()))) as cloud:
        theirs = Account(cloud).aws.ec2("us-east-1")
        admin = Account(cloud)
        admin.ec2 = admin.look
        (stranger,) = (each["InstanceId"] for each in admin.run())
        volume = admin.look.describe_volumes()["Volumes"][0]["VolumeId"]
        tried: list[tuple[Any, dict[str, Any]]] = [
            (theirs.terminate_instances, {"InstanceIds": [stranger]}),
            (theirs.stop_instances, {"InstanceIds": [stranger]}),
            (theirs.delete_volume, {"VolumeId": volume}),
            (theirs.create_tags, {"Resources": [stranger], "Tags": [{"Key": tags.OWNER, "Value": "me"}]}),
            (theirs.create_security_group, {"GroupName": "g", "Description": "without our tag"}),
        ]
        for call, given in tried:
            with pytest.raises(ClientError, match="UnauthorizedOperation"):
                call(**given)
        assert Account(cloud).refused() == "UnauthorizedOperation"
        assert [tracked.instance.state for tracked in cloud.instances()] == ["running"]


@pytest.mark.served
def test_the_printed_policy_is_for_the_regions_of_the_fleet_file_alone() -> None:
    with Cloud(settle_s=0, policy=json.dumps(policy(AwsSettings()))) as cloud:
        rig = Rig(cloud=cloud)
        assert rig.provider().launch(request(), rig.intend)
    elsewhere = replace(AwsSettings(), regions=("eu-west-1",))
    with Cloud(settle_s=0, policy=json.dumps(policy(elsewhere))) as cloud:
        rig = Rig(cloud=cloud)
        with pytest.raises(
            Exception, match=r"not authorized to perform: ec2:\w+ on resource: arn:aws:ec2:us-east-1:"
        ):
            rig.provider().launch(request(), rig.intend)
        assert cloud.instances() == ()


def test_a_host_has_the_rights_of_its_role_and_no_others() -> None:
    with Cloud(settle_s=0) as cloud:
        rig = Rig(cloud=cloud)
        provider = rig.provider()
        provider.launch(replace(request(2), offers=provider.offers(request(2))), rig.intend)
        first, second = (tracked.instance.id for tracked in cloud.instances())
        iam = client_at("iam", cloud.admin_url)
        iam.create_role(RoleName="starter", AssumeRolePolicyDocument="{}")
        only = {"StringEquals": {"aws:ResourceTag/orchestrate:fleet": "t"}}
        arn = "arn:aws:ec2:us-east-1:*:instance/*"
        document = {
            "Version": "2012-10-17",
            "Statement": [allow(Action=["ec2:StopInstances"], Resource=arn, Condition=only)],
        }
        iam.put_role_policy(RoleName="starter", PolicyName="p", PolicyDocument=json.dumps(document))
        iam.create_instance_profile(InstanceProfileName="starter")
        iam.add_role_to_instance_profile(InstanceProfileName="starter", RoleName="starter")
        tracked = cloud.states.by_id[first]
        with cloud.lock:
            assert cloud.roles.credentials(tracked, cloud.clock.now()) is None
        ec2 = client_at("ec2", cloud.admin_url)
        ec2.associate_iam_instance_profile(IamInstanceProfile={"Name": "starter"}, InstanceId=first)
        with cloud.lock:
            given = cloud.roles.credentials(tracked, cloud.clock.now())
            assert given is not None
            assert cloud.roles.credentials(tracked, cloud.clock.now()) == given
        host = client_at("ec2", cloud.url, given.key, given.secret, given.token)
        host.stop_instances(InstanceIds=[second])
        for call in (
            lambda: host.terminate_instances(InstanceIds=[second]),
            lambda: host.start_instances(InstanceIds=[second]),
            host.describe_instances,
        ):
            with pytest.raises(ClientError, match="UnauthorizedOperation"):
                call()
        ec2.delete_tags(Resources=[first], Tags=[{"Key": tags.FLEET}])
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            host.stop_instances(InstanceIds=[first])

"""The policy: enough for what is done, tied to our tags, and not broader."""

import json
from typing import Any, cast

import pytest

from orchestrator.errors import NotAuthorizedError
from orchestrator.models import Market
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.network import (
    Naming,
    ensure_prerequisites,
    give_addresses,
    give_names,
    refresh_access,
)
from orchestrator.providers.aws.policy import INDIRECT, policy
from orchestrator.providers.aws.release import fleets, resources, start, stop, terminate
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud
from tests.unit.providers.aws.network.accounts import OWNER, PLENTY, REGION, Account, launch, request

pytestmark = pytest.mark.served

EVERYTHING = AwsSettings(
    vpc="own",
    elastic_ip=True,
    dns_name="gpu.example.org",
    instance_profile="trainer",
    market=Market.SPOT,
    cluster=True,
)


def statements(settings: AwsSettings) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", policy(settings)["Statement"])


def actions(settings: AwsSettings) -> set[str]:
    return {action for each in statements(settings) for action in each["Action"]}


def test_no_action_is_a_wildcard_and_each_statement_has_a_name_of_its_own() -> None:
    assert not [each for each in actions(EVERYTHING) if "*" in each]
    names = [each["Sid"] for each in statements(EVERYTHING)]
    assert len(names) == len(set(names))
    assert all(name.isalnum() for name in names)


def test_it_fits_into_one_managed_policy() -> None:
    assert len(json.dumps(policy(EVERYTHING), separators=(",", ":"))) <= 6144


def test_what_changes_anything_in_ec2_is_tied_to_our_tag() -> None:
    free = {"ec2:RunInstances", "ec2:CreateSecurityGroup"}
    for each in statements(EVERYTHING):
        changing = {
            action
            for action in each["Action"]
            if action.startswith("ec2:") and not action.startswith("ec2:Describe")
        }
        if not changing or changing == {"ec2:CreateTags"}:
            continue
        if "Condition" not in each:
            # These make something in or from what is there already; the thing itself is under another statement.
            assert changing <= free
            assert not any("instance/" in arn or "security-group/" in arn for arn in each["Resource"])
            continue
        assert set(each["Condition"]["Null"]) <= {
            f"aws:RequestTag/{tags.FLEET}",
            f"aws:ResourceTag/{tags.FLEET}",
            f"aws:RequestTag/{tags.OWNER}",
            f"aws:ResourceTag/{tags.OWNER}",
        }
        assert set(each["Condition"]["Null"].values()) == {"false"}


def test_tags_are_only_put_on_what_is_being_made_and_later_the_owners_alone_changes() -> None:
    tagging = {each["Sid"]: each for each in statements(EVERYTHING) if "ec2:CreateTags" in each["Action"]}
    assert set(tagging) == {"TagWhatIsMade", "Adopt"}
    made = tagging["TagWhatIsMade"]["Condition"]["StringEquals"]["ec2:CreateAction"]
    assert {f"ec2:{each}" for each in made} <= actions(EVERYTHING)
    changed = tagging["Adopt"]["Condition"]
    assert changed["ForAllValues:StringEquals"] == {"aws:TagKeys": [tags.OWNER]}
    assert changed["Null"] == {f"aws:ResourceTag/{tags.FLEET}": "false"}


@pytest.mark.parametrize(
    ("settings", "absent"),
    [
        (AwsSettings(), "route53:ChangeResourceRecordSets"),
        (AwsSettings(), "iam:PassRole"),
        (AwsSettings(), "ec2:CreateVpc"),
        (AwsSettings(), "ec2:AllocateAddress"),
        (AwsSettings(), "ec2:DescribeSpotPriceHistory"),
        (AwsSettings(image="ami-0123"), "ssm:GetParameters"),
    ],
)
def test_what_the_fleet_file_does_not_ask_for_is_not_allowed(settings: AwsSettings, absent: str) -> None:
    assert absent not in actions(settings)
    assert absent in actions(EVERYTHING)


def test_public_parameters_are_named_one_by_one() -> None:
    (reading,) = [each for each in statements(AwsSettings()) if "ssm:GetParameters" in each["Action"]]
    assert "arn:aws:ssm:*::parameter/aws/service/debian/release/12/latest/amd64" in reading["Resource"]
    assert not [arn for arn in reading["Resource"] if arn.endswith("*")]


def test_other_partitions_have_their_own_names() -> None:
    (launching, *_rest) = [
        each for each in statements(AwsSettings(regions=("cn-north-1",))) if each["Sid"] == "Launch"
    ]
    assert launching["Resource"][0] == "arn:aws-cn:ec2:*:*:instance/*"
    assert launching["Condition"]["StringEquals"] == {"aws:RequestedRegion": ["cn-north-1"]}


def test_network_and_release_need_no_more_than_it_allows() -> None:
    from dataclasses import replace

    with Cloud(quotas=PLENTY, policy=json.dumps(policy(EVERYTHING))) as cloud:
        there = Account(cloud, replace(EVERYTHING, endpoint_url=cloud.url))
        there.admin.route53.create_hosted_zone(Name="example.org", CallerReference="1")
        wanted = request()
        (id_,) = launch(there, there.prerequisites(), wanted, spot=True)
        addresses = give_addresses(there.context(wanted), {"train-1": id_})
        give_names(
            there.aws,
            Naming(dns_name="gpu.example.org", fleet="train", owner=OWNER),
            addresses,
            there.intend,
        )
        refresh_access(there.settings, "train", OWNER)
        assert resources(there.aws, there.settings, "train", OWNER)
        assert fleets(there.aws, there.settings) == (("train", OWNER),)
        assert [line for line in terminate(there.aws, there.settings, "train", OWNER) if not line.gone] == []
        hosted = request("kept", hosts=2)
        launch(there, there.prerequisites(hosted), hosted)
        stop(there.aws, there.settings, "kept", OWNER)
        start(there.aws, there.settings, "kept", OWNER)
        assert all(line.gone for line in terminate(there.aws, there.settings, "kept", OWNER))
        called = {f"{call.service}:{call.action}" for call in cloud.calls()}
        assert called <= actions(EVERYTHING) - INDIRECT


def test_without_it_the_first_call_is_refused_with_a_way_out() -> None:
    nothing = {"Version": "2012-10-17", "Statement": []}
    with Cloud(policy=json.dumps(nothing)) as cloud:
        settings = AwsSettings(endpoint_url=cloud.url)
        with pytest.raises(NotAuthorizedError) as caught:
            ensure_prerequisites(Aws(cloud.url), settings, REGION, request(), lambda _kind, _name: None)
        assert "orchestrate aws-policy" in caught.value.hint

"""The parameters of RunInstances, to the last one."""

import json
from dataclasses import replace
from pathlib import Path

import botocore.session
import pytest
from botocore.validate import ParamValidator

from orchestrator.models import AtEnd, Limits, Market
from orchestrator.providers.aws.launch.request import LaunchOrder, parameters
from orchestrator.providers.aws.launch.user_data import user_data
from orchestrator.providers.settings import AwsSettings
from tests.unit.providers.aws.launch.orders import IDENTITY, REQUEST, order

GOLDEN = Path(__file__).with_name("run_instances.json")
SHAPE = botocore.session.get_session().get_service_model("ec2").operation_model("RunInstances").input_shape

PRIVATE_PROFILE = AwsSettings(private=True, instance_profile="lab", disk_gib=40)


def test_two_hosts_on_demand_are_asked_for_in_exactly_these_words() -> None:
    asked = dict(parameters(order()))
    assert asked.pop("UserData") == user_data(REQUEST, IDENTITY, 8.0)
    assert asked == json.loads(GOLDEN.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "each",
    [
        order(),
        order(market=Market.SPOT),
        order(subnet_id="subnet-1"),
        order(PRIVATE_PROFILE),
        order(AwsSettings(kms_key="alias/lab", tags=(("team", "a"),))),
        order(AwsSettings(instance_profile="arn:aws:iam::1:instance-profile/lab")),
    ],
)
def test_botocore_finds_nothing_wrong_with_them(each: LaunchOrder) -> None:
    assert SHAPE is not None
    assert ParamValidator().validate(dict(parameters(each)), SHAPE).generate_report() == ""


def test_the_same_order_is_the_same_request_and_a_new_generation_is_not() -> None:
    assert parameters(order()) == parameters(order())
    again = parameters(replace(order(), generation=1))
    assert again["ClientToken"] != parameters(order())["ClientToken"]


def test_spot_is_asked_for_once_and_ends_when_it_is_taken_back() -> None:
    asked = parameters(order(market=Market.SPOT))
    assert asked["InstanceMarketOptions"] == {
        "MarketType": "spot",
        "SpotOptions": {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "terminate"},
    }
    kinds = [each.get("ResourceType") for each in asked["TagSpecifications"]]
    assert kinds == ["instance", "volume", "network-interface", "spot-instances-request"]


def test_a_private_host_gets_no_public_address() -> None:
    asked = parameters(order(PRIVATE_PROFILE))
    assert asked["NetworkInterfaces"] == [
        {
            "DeviceIndex": 0,
            "AssociatePublicIpAddress": False,
            "DeleteOnTermination": True,
            "Groups": ["sg-1"],
        }
    ]
    assert "SecurityGroupIds" not in asked
    assert asked["IamInstanceProfile"] == {"Name": "lab"}


def test_the_key_that_is_named_encrypts_the_disk_which_is_encrypted_in_any_case() -> None:
    (disk,) = parameters(order(AwsSettings(kms_key="alias/lab")))["BlockDeviceMappings"]
    assert (disk.get("Ebs", {}).get("Encrypted"), disk.get("Ebs", {}).get("KmsKeyId")) == (True, "alias/lab")
    (plain,) = parameters(order())["BlockDeviceMappings"]
    assert plain.get("Ebs", {}).get("Encrypted") is True
    assert "KmsKeyId" not in plain.get("Ebs", {})


def test_in_a_subnet_that_is_named_the_address_is_asked_for() -> None:
    (interface,) = parameters(order(subnet_id="subnet-1"))["NetworkInterfaces"]
    assert (interface.get("SubnetId"), interface.get("AssociatePublicIpAddress")) == ("subnet-1", True)


def test_nobody_gets_an_instance_profile_who_did_not_ask_for_one() -> None:
    assert "IamInstanceProfile" not in parameters(order())


def test_at_its_end_a_host_is_terminated_or_stopped_by_choice() -> None:
    assert parameters(order())["InstanceInitiatedShutdownBehavior"] == "terminate"
    stopping = replace(REQUEST, limits=Limits(at_end=AtEnd.STOP))
    assert parameters(order(request=stopping))["InstanceInitiatedShutdownBehavior"] == "stop"


def test_a_budget_ends_a_host_as_a_deadline_does() -> None:
    asked = parameters(order(request=replace(REQUEST, limits=Limits(max_cost_usd=1.052))))
    marks = {each.get("Key"): each.get("Value") for each in asked["TagSpecifications"][0].get("Tags", [])}
    assert marks["orchestrate:ends-at"] == "2026-11-20T14:00:00+00:00"
    assert "--on-active=7200s" in str(asked["UserData"])

"""`kms_key:` under `aws:`: where it can be used, what the plan says of it, and what a refusal of it says."""

import json
from dataclasses import replace

import pytest

from orchestrator.errors import InputRefusedError
from orchestrator.models import Offer
from orchestrator.providers.aws.encryption import with_key_region
from orchestrator.providers.aws.policy import policy
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud, Fault
from tests.unit.providers.aws.rig import Rig, request
from tests.unit.providers.aws.test_failover import LIKELY, TWO_ZONES, agreed

KEY_ID = "0a1b2c3d-0000-1111-2222-0123456789ab"
KEY_ARN = f"arn:aws:kms:us-east-1:123456789012:key/{KEY_ID}"
ALIAS_ARN = "arn:aws:kms:us-east-1:123456789012:alias/lab"


def offer(region: str) -> Offer:
    return Offer(
        provider="aws",
        description="g4dn.xlarge",
        available=True,
        reason="",
        price_usd_per_hour=0.5,
        kind="debian-12",
        key=f"{region}/{region}a/g4dn.xlarge/on-demand",
    )


@pytest.mark.parametrize("key", [KEY_ARN, ALIAS_ARN])
def test_the_arn_of_a_key_rules_out_the_regions_that_it_is_not_in(key: str) -> None:
    east, west = with_key_region(key, (offer("us-east-1"), offer("us-west-2")))
    assert (east.available, west.available) == (True, False)
    assert west.reason.startswith("the key of `kms_key:` is in us-east-1")


@pytest.mark.parametrize("key", ["", KEY_ID, "alias/lab", f"mrk-{'0' * 32}"])
def test_an_id_or_an_alias_may_be_in_any_region(key: str) -> None:
    offers = (offer("us-east-1"), offer("us-west-2"))
    assert with_key_region(key, offers) == offers


def test_what_cannot_be_had_anyway_keeps_its_own_reason() -> None:
    gone = replace(offer("us-west-2"), available=False, reason="the quota")
    assert with_key_region(KEY_ARN, (gone,)) == (gone,)


@pytest.mark.served
@pytest.mark.parametrize("key", [KEY_ID, KEY_ARN, "alias/lab", ALIAS_ARN])
def test_a_key_that_kills_the_host_is_named_as_the_file_names_it(rig: Rig, cloud: Cloud, key: str) -> None:
    cloud.inject(replace(LIKELY, code="Client.InternalError"))
    provider = rig.provider(replace(TWO_ZONES, kms_key=key))
    asked = agreed(provider, request())
    assert f"volume of t-1: 100 GiB, gp3, encrypted with {key}" in provider.makes(asked)
    provider.launch(asked, rig.intend)
    with pytest.raises(InputRefusedError) as caught:
        provider.launch(asked, rig.intend)
    assert f"the key of `kms_key:` is {key}" in caught.value.cause
    shows = "describe-key" if "alias/" in key else "list-grants"
    assert f"aws kms {shows} --key-id {key} --region us-east-1" in caught.value.hint
    assert "kms:CreateGrant" in caught.value.hint
    assert len(rig.tried) == 1


@pytest.mark.served
@pytest.mark.parametrize("code", ["InvalidKMSKey.InvalidState", "KMSKeyNotAccessibleFault"])
def test_a_key_that_the_call_itself_refuses_is_named_too(rig: Rig, cloud: Cloud, code: str) -> None:
    cloud.inject(Fault(action="RunInstances", code=code))
    provider = rig.provider(replace(TWO_ZONES, kms_key="alias/lab"))
    with pytest.raises(InputRefusedError) as caught:
        provider.launch(request(), rig.intend)
    assert "alias/lab" in f"{caught.value.cause} {caught.value.hint}"
    assert code in caught.value.cause
    assert "kms:CreateGrant" in caught.value.hint


@pytest.mark.parametrize(
    ("key", "resource", "aliases"),
    [
        (KEY_ARN, KEY_ARN, None),
        (KEY_ID, f"arn:aws:kms:*:*:key/{KEY_ID}", None),
        ("alias/lab", "arn:aws:kms:*:*:key/*", ["alias/lab"]),
        (ALIAS_ARN, "arn:aws:kms:us-east-1:123456789012:key/*", ["alias/lab"]),
    ],
)
def test_the_printed_policy_lets_ec2_alone_use_that_key_alone(
    key: str, resource: str, aliases: list[str] | None
) -> None:
    statements = json.loads(json.dumps(policy(AwsSettings(kms_key=key))))["Statement"]
    (using,) = [each for each in statements if each["Sid"] == "EncryptDisks"]
    assert using["Resource"] == [resource]
    assert using["Condition"]["StringLike"] == {"kms:ViaService": ["ec2.us-east-1.amazonaws.com*"]}
    assert using["Condition"].get("ForAnyValue:StringEquals", {}).get("kms:ResourceAliases") == aliases
    assert "kms:" not in json.dumps(policy(AwsSettings()))

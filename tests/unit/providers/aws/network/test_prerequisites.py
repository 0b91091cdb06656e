"""Group and key pair: made once, finished when half-made, never another's."""

from dataclasses import replace

import pytest

from orchestrator.errors import ProviderError, UsageError
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.network import refresh_access
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Fault
from tests.unit.providers.aws.network.accounts import (
    OTHER_KEY,
    OWNER,
    PUBLIC_KEY,
    REGION,
    Account,
    account,
    request,
)

pytestmark = pytest.mark.served


def open_to(there: Account) -> list[tuple[str, int, int, str]]:
    """Every ingress rule of every group that is not a VPC's own."""
    groups = there.admin.ec2(REGION).describe_security_groups()["SecurityGroups"]
    return sorted(
        (rule.get("IpProtocol", ""), rule.get("FromPort", 0), rule.get("ToPort", 0), each.get("CidrIp", ""))
        for group in groups
        if group.get("GroupName") != "default"
        for rule in group.get("IpPermissions", [])
        for each in rule.get("IpRanges", [])
    )


def test_a_new_fleet_takes_three_calls_each_announced_and_everything_is_tagged() -> None:
    with account() as there:
        prerequisites = there.prerequisites()
        assert there.called() == ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "ImportKeyPair"]
        assert there.intended == [
            ("security-group", "orchestrate-0123456789ab-train"),
            ("key-pair", "orchestrate-0123456789ab-train"),
        ]
        ec2 = there.admin.ec2(REGION)
        group = ec2.describe_security_groups(GroupIds=[prerequisites.group_id])["SecurityGroups"][0]
        pair = ec2.describe_key_pairs(KeyNames=[prerequisites.key_name])["KeyPairs"][0]
        for marks in (group.get("Tags", []), pair.get("Tags", [])):
            found = {tag.get("Key"): tag.get("Value") for tag in marks}
            assert found == {
                "Name": "orchestrate-0123456789ab-train",
                tags.FLEET: "train",
                tags.OWNER: OWNER,
                tags.TOKEN: "t0ken",
            }


def test_only_ssh_and_only_from_the_caller_is_let_in() -> None:
    with account() as there:
        there.prerequisites()
        assert open_to(there) == [("tcp", 22, 22, "127.0.0.1/32")]


def test_the_second_time_nothing_is_made() -> None:
    with account() as there:
        first = there.prerequisites()
        assert there.prerequisites() == first
        assert len(open_to(there)) == 1


def test_a_group_whose_maker_was_killed_before_its_rule_gets_the_rule() -> None:
    with account() as there:
        there.cloud.inject(
            Fault(action="AuthorizeSecurityGroupIngress", code="UnauthorizedOperation", times=1)
        )
        with pytest.raises(ProviderError):
            there.prerequisites()
        assert open_to(there) == []
        there.prerequisites()
        assert open_to(there) == [("tcp", 22, 22, "127.0.0.1/32")]


def test_a_changed_address_is_let_in_before_the_old_one_is_shut_out() -> None:
    with account(AwsSettings(ssh_from=("198.51.100.7/32",))) as there:
        there.prerequisites()
        there.cloud.clear_calls()
        there.settings = replace(there.settings, ssh_from=("203.0.113.4/32",))
        told = refresh_access(there.settings, "train", OWNER)
        assert told == (
            "orchestrate-0123456789ab-train in us-east-1: SSH is open to 203.0.113.4/32, closed to 198.51.100.7/32",
        )
        assert there.called()[1:] == ["AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress"]
        assert open_to(there) == [("tcp", 22, 22, "203.0.113.4/32")]
        there.cloud.clear_calls()
        refresh_access(there.settings, "train", OWNER)
        assert there.called() == ["DescribeSecurityGroups"]


def test_rules_for_other_ports_that_somebody_added_stay() -> None:
    with account() as there:
        prerequisites = there.prerequisites()
        there.admin.ec2(REGION).authorize_security_group_ingress(
            GroupId=prerequisites.group_id,
            IpProtocol="tcp",
            FromPort=443,
            ToPort=443,
            CidrIp="198.51.100.0/24",
        )
        refresh_access(there.settings, "train", OWNER)
        assert ("tcp", 443, 443, "198.51.100.0/24") in open_to(there)


def test_access_to_a_fleet_that_is_not_there_or_not_ours_is_refused() -> None:
    with account() as there:
        there.prerequisites(request(owner="another"))
        with pytest.raises(UsageError, match="fleet train has no security group in us-east-1"):
            refresh_access(there.settings, "train", OWNER)
        assert len(open_to(there)) == 1


@pytest.mark.parametrize("owner", ["", "another"])
def test_a_group_of_that_name_that_is_not_ours_is_refused_by_name(owner: str) -> None:
    with account() as there:
        ec2 = there.admin.ec2(REGION)
        marks = [{"Key": tags.FLEET, "Value": "train"}, {"Key": tags.OWNER, "Value": owner}]
        made = ec2.create_security_group(
            GroupName="orchestrate-0123456789ab-train",
            Description="by hand",
            **({"TagSpecifications": [{"ResourceType": "security-group", "Tags": marks}]} if owner else {}),  # type: ignore[arg-type]
        )
        with pytest.raises(
            ProviderError, match=f"taken in us-east-1 by a security group .*{made['GroupId']}"
        ):
            there.prerequisites()
        assert open_to(there) == []


def test_a_key_pair_of_that_name_that_is_not_ours_is_refused_and_kept() -> None:
    with account() as there:
        ec2 = there.admin.ec2(REGION)
        ec2.import_key_pair(KeyName="orchestrate-0123456789ab-train", PublicKeyMaterial=OTHER_KEY.encode())
        with pytest.raises(ProviderError, match="taken in us-east-1 by a key pair"):
            there.prerequisites()
        pair = ec2.describe_key_pairs(KeyNames=["orchestrate-0123456789ab-train"], IncludePublicKey=True)[
            "KeyPairs"
        ][0]
        assert pair.get("PublicKey", "").split()[:2] == OTHER_KEY.split()[:2]


def test_a_key_pair_of_ours_with_another_key_is_replaced() -> None:
    with account() as there:
        there.prerequisites(request(key=f"{OTHER_KEY} old"))
        there.prerequisites(request(key=f"{PUBLIC_KEY} new"))
        pair = there.admin.ec2(REGION).describe_key_pairs(IncludePublicKey=True)["KeyPairs"][0]
        assert pair.get("PublicKey", "").split()[:2] == PUBLIC_KEY.split()
        assert there.called()[-2:] == ["DeleteKeyPair", "ImportKeyPair"]


def test_a_lost_answer_is_no_second_group() -> None:
    from orchestrator.rehearsal import Kind

    with account() as there:
        there.cloud.inject(
            Fault(action="CreateSecurityGroup", kind=Kind.LOST_REPLY, times=1),
            Fault(action="ImportKeyPair", kind=Kind.LOST_REPLY, times=1),
        )
        there.prerequisites()
        groups = there.admin.ec2(REGION).describe_security_groups(
            Filters=[{"Name": f"tag:{tags.FLEET}", "Values": ["train"]}]
        )["SecurityGroups"]
        assert len(groups) == 1
        assert open_to(there) == [("tcp", 22, 22, "127.0.0.1/32")]


def test_a_fleet_with_a_name_on_the_web_has_its_ports_open_in_the_same_call_and_shut_when_it_has_none() -> (
    None
):
    with account() as there:
        there.settings = replace(there.settings, web_from=("0.0.0.0/0",))
        there.prerequisites()
        assert there.called() == ["CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "ImportKeyPair"]
        assert open_to(there) == [
            ("tcp", 22, 22, "127.0.0.1/32"),
            ("tcp", 80, 80, "0.0.0.0/0"),
            ("tcp", 443, 443, "0.0.0.0/0"),
        ]
        there.settings = replace(there.settings, web_from=())
        (line,) = refresh_access(there.settings, "train", OWNER)
        assert "closed to 0.0.0.0/0" in line
        assert open_to(there) == [("tcp", 22, 22, "127.0.0.1/32")]


def test_a_web_rule_of_somebody_else_stays_and_ours_comes_beside_it() -> None:
    with account() as there:
        group = there.prerequisites().group_id
        ec2 = there.admin.ec2(REGION)
        ec2.authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="10.0.0.0/8"
        )
        there.prerequisites()
        assert ("tcp", 443, 443, "10.0.0.0/8") in open_to(there)
        there.settings = replace(there.settings, web_from=("192.0.2.0/24",))
        there.prerequisites()
        assert {cidr for _, port, _, cidr in open_to(there) if port == 443} == {"10.0.0.0/8", "192.0.2.0/24"}


def test_a_rule_that_is_there_already_does_not_keep_the_others_shut() -> None:
    with account() as there:
        group = there.prerequisites().group_id
        # Without our description, so that it is taken for somebody else's.
        there.admin.ec2(REGION).authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0"
        )
        there.settings = replace(there.settings, web_from=("0.0.0.0/0",))
        there.prerequisites()
        assert ("tcp", 443, 443, "0.0.0.0/0") in open_to(there)

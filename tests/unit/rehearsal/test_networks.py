"""What faults do to the account's network and names while they are on, through boto3, and that nothing of it stays."""

import pytest
from botocore.exceptions import ClientError

from orchestrator.rehearsal import PROFILES, Cloud
from tests.unit.rehearsal.account import Account

pytestmark = pytest.mark.served

KEY = b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4qPOeJ3kXkzq6eq8ZC0T4m7oTtdHk1zS8kLSsX5bQy me"


def network(account: Account) -> tuple[int, int, int, int]:
    """How many default VPCs, subnets, subnets that give addresses by themselves, and routes to the world there are."""
    vpcs = account.look.describe_vpcs()["Vpcs"]
    subnets = account.look.describe_subnets()["Subnets"]
    routes = [
        each for table in account.look.describe_route_tables()["RouteTables"] for each in table["Routes"]
    ]
    return (
        sum(each["IsDefault"] for each in vpcs),
        len(subnets),
        sum(each["MapPublicIpOnLaunch"] for each in subnets),
        sum(each.get("DestinationCidrBlock") == "0.0.0.0/0" for each in routes),
    )


@pytest.mark.parametrize(
    ("name", "seen", "said"),
    [
        ("no-default-vpc", (0, 0, 0, 1), "VPCIdNotSpecified"),
        ("no-default-subnet", (1, 5, 5, 1), "MissingInput"),
        ("no-public-addresses", (1, 6, 0, 1), "not refused"),
        ("no-route", (1, 6, 6, 0), "not refused"),
    ],
)
def test_the_default_network_is_as_the_fault_has_it_and_afterwards_as_it_was(
    name: str, seen: tuple[int, int, int, int], said: str
) -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        assert network(account) == (1, 6, 6, 1)
        cloud.inject(*PROFILES[name])
        assert network(account) == seen
        assert account.refused() == said
        assert not [each for each in cloud.resource_ids() if not each.startswith("i-")]
        cloud.clear_faults()
        assert network(account) == (1, 6, 6, 1)


def test_a_region_that_is_looked_into_later_has_the_fault_too() -> None:
    with Cloud(settle_s=0) as cloud:
        cloud.inject(*PROFILES["no-route"])
        assert network(Account(cloud, "us-west-2"))[3] == 0


def test_a_key_pair_of_that_name_is_refused_whatever_it_holds_and_shown_as_whose_it_is() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        account.ec2.import_key_pair(KeyName="k", PublicKeyMaterial=KEY)
        with pytest.raises(ClientError, match=r"InvalidKeyPair\.Duplicate"):
            account.ec2.import_key_pair(KeyName="k", PublicKeyMaterial=KEY)
        account.ec2.import_key_pair(KeyName="the same key by another name", PublicKeyMaterial=KEY)
        cloud.inject(*PROFILES["key-taken"])
        with pytest.raises(ClientError, match=r"InvalidKeyPair\.Duplicate"):
            account.ec2.import_key_pair(KeyName="new", PublicKeyMaterial=KEY)
        (shown,) = account.look.describe_key_pairs(KeyNames=["new"], IncludePublicKey=True)["KeyPairs"]
        assert shown["PublicKey"] != KEY.decode()
        assert shown["Tags"] == []

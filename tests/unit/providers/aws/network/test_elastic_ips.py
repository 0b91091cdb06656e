"""Elastic IPs and names."""

from typing import Literal

import pytest

from orchestrator.errors import InputRefusedError, ProviderError
from orchestrator.providers.aws.network import Naming, give_addresses, give_names
from orchestrator.providers.aws.release import fleets, resources, terminate
from orchestrator.providers.settings import AwsSettings
from tests.unit.providers.aws.network.accounts import OWNER, REGION, Account, account, launch, request

Kind = Literal["A", "CNAME", "TXT"]
NAMED = AwsSettings(dns_name="gpu.example.org")
NAMING = Naming(dns_name="gpu.example.org", fleet="train", owner=OWNER)


def zone(there: Account, name: str = "example.org") -> str:
    return there.admin.route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]


def put(there: Account, zone_id: str, name: str, kind: Kind, value: str) -> None:
    there.admin.route53.change_resource_record_sets(
        HostedZoneId=zone_id,
        ChangeBatch={
            "Changes": [
                {
                    "Action": "UPSERT",
                    "ResourceRecordSet": {
                        "Name": name,
                        "Type": kind,
                        "TTL": 300,
                        "ResourceRecords": [{"Value": value}],
                    },
                }
            ]
        },
    )


def records(there: Account, zone_id: str) -> dict[tuple[str, str], str]:
    found = there.admin.route53.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    return {
        (each["Name"], each["Type"]): each.get("ResourceRecords", [{"Value": ""}])[0]["Value"]
        for each in found
        if each["Type"] in {"A", "TXT", "CNAME"}
    }


def test_each_host_gets_an_address_once_and_down_releases_it() -> None:
    with account() as there:
        wanted = request(hosts=2)
        ids = launch(there, there.prerequisites(), wanted)
        hosts = dict(zip(("train-1", "train-2"), ids, strict=True))
        first = give_addresses(there.context(wanted), hosts)
        assert len(set(first.values())) == 2
        assert ("elastic-ip", "train-2") in there.intended
        assert give_addresses(there.context(wanted), hosts) == first
        assert len(there.admin.ec2(REGION).describe_addresses()["Addresses"]) == 2
        lines = terminate(there.aws, there.settings, "train", OWNER)
        assert all(line.gone for line in lines)
        assert there.admin.ec2(REGION).describe_addresses()["Addresses"] == []


def test_an_address_that_was_never_given_to_its_host_is_given_the_next_time() -> None:
    with account() as there:
        wanted = request()
        (id_,) = launch(there, there.prerequisites(), wanted)
        first = give_addresses(there.context(wanted), {"train-1": id_})
        ec2 = there.admin.ec2(REGION)
        ec2.disassociate_address(
            AssociationId=ec2.describe_addresses()["Addresses"][0].get("AssociationId", "")
        )
        assert give_addresses(there.context(wanted), {"train-1": id_}) == first
        assert ec2.describe_addresses()["Addresses"][0].get("InstanceId") == id_


def test_a_single_host_has_the_name_itself_and_several_have_their_number_before_it() -> None:
    assert NAMING.names(("train-1",)) == {"train-1": "gpu.example.org"}
    assert NAMING.names(("train-1", "train-head")) == {
        "train-1": "1.gpu.example.org",
        "train-head": "head.gpu.example.org",
    }


def test_a_name_points_at_its_host_and_follows_it() -> None:
    with account(NAMED) as there:
        id_ = zone(there)
        for address in ("198.51.100.7", "198.51.100.8", "198.51.100.8"):
            give_names(there.aws, NAMING, {"train-1": address}, there.intend)
            assert records(there, id_) == {
                ("gpu.example.org.", "A"): address,
                ("gpu.example.org.", "TXT"): f'"orchestrate:fleet=train,owner={OWNER}"',
            }
        assert there.intended == [("record", "gpu.example.org")]


@pytest.mark.parametrize(
    ("kind", "value"), [("A", "192.0.2.1"), ("CNAME", "else.example."), ("TXT", '"v=spf1"')]
)
def test_a_record_without_our_mark_is_never_overwritten(kind: Kind, value: str) -> None:
    with account(NAMED) as there:
        id_ = zone(there)
        put(there, id_, "gpu.example.org", kind, value)
        before = records(there, id_)
        with pytest.raises(ProviderError, match="has a record in Route 53 that is not this fleet's"):
            give_names(there.aws, NAMING, {"train-1": "198.51.100.7"}, there.intend)
        assert terminate(there.aws, there.settings, "train", OWNER) == ()
        assert records(there, id_) == before


def test_a_name_that_no_zone_holds_is_refused() -> None:
    with account(NAMED) as there:
        zone(there, "ample.org")
        with pytest.raises(InputRefusedError, match=r"no hosted zone of the account holds gpu\.example\.org"):
            give_names(there.aws, NAMING, {"train-1": "198.51.100.7"}, there.intend)


def test_down_removes_our_names_and_no_others() -> None:
    with account(NAMED) as there:
        id_ = zone(there)
        put(there, id_, "www.gpu.example.org", "A", "192.0.2.1")
        give_names(there.aws, NAMING, {"train-1": "198.51.100.7", "train-2": "198.51.100.8"}, there.intend)
        others = Naming(dns_name="other.gpu.example.org", fleet="train", owner="another")
        give_names(there.aws, others, {"train-1": "198.51.100.9"}, there.intend)
        assert fleets(there.aws, there.settings) == (("train", OWNER), ("train", "another"))
        assert [each.name for each in resources(there.aws, there.settings, "train", OWNER)] == [
            "1.gpu.example.org",
            "2.gpu.example.org",
        ]
        lines = terminate(there.aws, there.settings, "train", OWNER)
        assert [(line.gone, line.proof) for line in lines] == [
            (True, "route53 ListResourceRecordSets 1.gpu.example.org: not found"),
            (True, "route53 ListResourceRecordSets 2.gpu.example.org: not found"),
        ]
        assert {name for name, _kind in records(there, id_)} == {
            "www.gpu.example.org.",
            "other.gpu.example.org.",
        }

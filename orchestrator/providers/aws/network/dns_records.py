"""Names for hosts in Route 53: an A record for each, and beside it a TXT record that says whose it is.

Records have no tags, so the TXT record is the mark: a name without ours is never written, changed or removed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orchestrator.errors import InputRefusedError, ProviderError
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.tags import PREFIX
from orchestrator.providers.base import Intend
from orchestrator.providers.settings import dns_names

if TYPE_CHECKING:
    from mypy_boto3_route53.type_defs import (
        ChangeTypeDef,
        ListResourceRecordSetsRequestTypeDef,
        ResourceRecordSetOutputTypeDef,
        ResourceRecordSetTypeDef,
    )

TTL_S = 60
"""Short: a host that is stopped and started has another address."""
_MARK = f"{PREFIX}:fleet="
_POINTING = frozenset({"A", "AAAA", "CNAME"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A name that carries a mark."""

    name: str
    """Without a dot at its end."""
    fleet: str
    owner: str
    zone_id: str
    address: str
    """Of the A record; empty when there is only the mark."""
    ttl_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """Which names, and whose."""

    dns_name: str
    fleet: str
    owner: str

    @property
    def mark(self) -> str:
        """The TXT record's value, in the quotes that DNS has."""
        return f'"{_MARK}{self.fleet},owner={self.owner}"'

    def names(self, hosts: tuple[str, ...]) -> dict[str, str]:
        """As `dns_names`."""
        return dns_names(self.dns_name, self.fleet, hosts)


def give_names(aws: Aws, naming: Naming, addresses: Mapping[str, str], intend: Intend) -> dict[str, str]:
    """Point names at hosts; return them by the host's name. Twice is once.

    Args:
        aws: the account.
        naming: which names.
        addresses: IPv4 address by the host's name, of all hosts of the fleet.
        intend: see `providers.base`.

    Raises:
        InputRefusedError: no hosted zone of the account holds the name.
        ProviderError: a name has a record that is not ours, or AWS refused.
    """
    names = naming.names(tuple(addresses))
    zone_id = _zone_of(aws, naming.dns_name)
    there = _sets_by_name(aws, zone_id, naming.dns_name)
    changes: list[ChangeTypeDef] = []
    for host, name in names.items():
        found = there.get(name, {})
        if not found.keys() & (_POINTING | {"TXT"}):
            # CREATE fails where somebody was faster; UPSERT would overwrite.
            changes.append(_change("CREATE", name, "A", addresses[host]))
            changes.append(_change("CREATE", name, "TXT", naming.mark))
            intend("record", name)
        elif _values(found.get("TXT")) != (naming.mark,) or not found.keys() & _POINTING <= {"A"}:
            raise ProviderError(
                f"{name} has a record in Route 53 that is not this fleet's",
                "another `dns_name:` under `aws:`, or remove that record by hand",
            )
        elif _values(found.get("A")) != (addresses[host],):
            changes.append(_change("UPSERT", name, "A", addresses[host]))
    if changes:
        with aws_errors(f"records for {naming.dns_name}"):
            aws.route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})
    return names


def find_marked_records(aws: Aws, dns_name: str) -> tuple[Record, ...]:
    """Every name at or under `dns_name` that carries a mark of ours or of another's, by name.

    Raises:
        InputRefusedError: no hosted zone of the account holds the name.
        ProviderError: AWS refused.
    """
    zone_id = _zone_of(aws, dns_name)
    return tuple(
        Record(
            name=name,
            fleet=whose[0],
            owner=whose[1],
            zone_id=zone_id,
            address=next(iter(_values(found.get("A"))), ""),
            ttl_s=found["A"].get("TTL", 0) if "A" in found else TTL_S,
        )
        for name, found in sorted(_sets_by_name(aws, zone_id, dns_name).items())
        if (whose := _read(_values(found.get("TXT")))) is not None
    )


def remove_names(aws: Aws, records: tuple[Record, ...]) -> None:
    """Remove records exactly as they were read, each with its mark, in one change of the zone.

    Raises:
        ProviderError: one has changed in the meantime, or AWS refused. Then none is removed.
    """
    if not records:
        return
    changes: list[ChangeTypeDef] = []
    for record in records:
        if record.address:
            changes.append(_change("DELETE", record.name, "A", record.address, record.ttl_s))
        mark = Naming(dns_name=record.name, fleet=record.fleet, owner=record.owner).mark
        changes.append(_change("DELETE", record.name, "TXT", mark))
    with aws_errors(f"to remove the records of {records[0].name}"):
        aws.route53.change_resource_record_sets(
            HostedZoneId=records[0].zone_id, ChangeBatch={"Changes": changes}
        )


def hand_over(aws: Aws, records: tuple[Record, ...], owner: str) -> None:
    """Mark records as another owner's, in one change of the zone. Raises ProviderError."""
    if not records:
        return
    changes: list[ChangeTypeDef] = []
    for record in records:
        mark = Naming(dns_name=record.name, fleet=record.fleet, owner=owner).mark
        changes.append(_change("UPSERT", record.name, "TXT", mark))
    with aws_errors(f"to mark the records of {records[0].name}"):
        aws.route53.change_resource_record_sets(
            HostedZoneId=records[0].zone_id, ChangeBatch={"Changes": changes}
        )


def _zone_of(aws: Aws, dns_name: str) -> str:
    """The hosted zone that holds a name: the longest, and of two of one name the public one."""
    with aws_errors("a look at the hosted zones"):
        pages = aws.route53.get_paginator("list_hosted_zones").paginate()
        zones = [zone for page in pages for zone in page["HostedZones"]]
    holding = [
        (len(zone["Name"]), not zone.get("Config", {}).get("PrivateZone", False), zone["Id"])
        for zone in zones
        if f".{dns_name}.".endswith(f".{zone['Name']}")
    ]
    if not holding:
        raise InputRefusedError(
            f"no hosted zone of the account holds {dns_name}",
            "aws route53 list-hosted-zones shows what there is; `dns_name:` under `aws:`",
        )
    return max(holding)[2]


def _sets_by_name(
    aws: Aws, zone_id: str, dns_name: str
) -> "dict[str, dict[str, ResourceRecordSetOutputTypeDef]]":
    """Record sets by name and type, of the name and of all under it."""
    found: dict[str, dict[str, ResourceRecordSetOutputTypeDef]] = {}
    for each in _from(aws, zone_id, dns_name):
        name = each["Name"].replace("\\052", "*").removesuffix(".")
        if name != dns_name and not name.endswith(f".{dns_name}"):
            break  # Route 53 lists by labels from the right: all under a name follow it
        found.setdefault(name, {})[each["Type"]] = each
    return found


def _from(aws: Aws, zone_id: str, dns_name: str) -> "Iterator[ResourceRecordSetOutputTypeDef]":
    start: ListResourceRecordSetsRequestTypeDef = {"HostedZoneId": zone_id, "StartRecordName": dns_name}
    while True:
        with aws_errors(f"a look at the records of {dns_name}"):
            page = aws.route53.list_resource_record_sets(**start)
        yield from page["ResourceRecordSets"]
        if not page["IsTruncated"]:
            return
        start["StartRecordName"] = page["NextRecordName"]
        start["StartRecordType"] = page["NextRecordType"]


def _change(
    action: Literal["CREATE", "DELETE", "UPSERT"],
    name: str,
    kind: Literal["A", "TXT"],
    value: str,
    ttl_s: int = TTL_S,
) -> "ChangeTypeDef":
    record: ResourceRecordSetTypeDef = {
        "Name": name,
        "Type": kind,
        "TTL": ttl_s,
        "ResourceRecords": [{"Value": value}],
    }
    return {"Action": action, "ResourceRecordSet": record}


def _values(found: "ResourceRecordSetOutputTypeDef | None") -> tuple[str, ...]:
    return tuple(each["Value"] for each in found.get("ResourceRecords", [])) if found else ()


def _read(values: tuple[str, ...]) -> tuple[str, str] | None:
    """(Fleet, owner) of a mark; None when it is none."""
    if len(values) != 1 or not values[0].startswith(f'"{_MARK}'):
        return None
    fleet, found, owner = values[0].strip('"').removeprefix(_MARK).partition(",owner=")
    return (fleet, owner) if found else None

"""Values of EC2 for tests, with the usual in every field that a test does not name."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from orchestrator.models import Host, HostState
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.fleet_instances import FleetInstance, parse_instance

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

BORN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def marked(**changed: str) -> dict[str, str]:
    """The tags of `t-1`, by the last word of their keys with an underscore for a dash; an empty one is left out."""
    usual = {
        "fleet": "t",
        "owner": "me",
        "token": "t-token",
        "launch": "L1",
        "batch": "1",
        "host": "t-1",
        "distribution": "debian-12",
        "user": "admin",
        "host_key": "ssh-ed25519 AAAA",
        "usd_per_hour": "0.526",
        "market": "on-demand",
    }
    return {
        f"{tags.PREFIX}:{key.replace('_', '-')}": value for key, value in (usual | changed).items() if value
    }


def instance(state: str = "running", index: int = 0, reason: str = "", **changed: str) -> "InstanceTypeDef":
    """An instance of ours as EC2 describes it."""
    return {
        "InstanceId": f"i-{changed.get('host', 't-1')}-{index}",
        "InstanceType": "g4dn.xlarge",
        "State": {"Name": state},  # type: ignore[typeddict-item]
        "StateReason": {"Code": reason, "Message": f"{reason}: because" if reason else ""},
        "LaunchTime": BORN,
        "AmiLaunchIndex": index,
        "Placement": {"AvailabilityZone": "us-east-1a"},
        "PublicIpAddress": "198.51.100.7",
        "PrivateIpAddress": "10.0.0.7",
        "Tags": [{"Key": key, "Value": value} for key, value in marked(**changed).items()],
    }


def seen(state: str = "running", index: int = 0, reason: str = "", **changed: str) -> FleetInstance:
    """The same as the census sees it."""
    found = parse_instance(instance(state, index, reason, **changed), "us-east-1", private=False)
    assert found is not None
    return found


def states(hosts: tuple[Host, ...]) -> dict[str, HostState]:
    """By name."""
    return {host.name: host.state for host in hosts}

"""What a user types to rent, and what the account then holds: asked of the fake EC2 itself, past our own code."""

from functools import cache
from typing import TYPE_CHECKING, Any

from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from orchestrator.rehearsal import find_rehearsal
from tests.e2e.user import Running, Said, User

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef

GONE = ("shutting-down", "terminated")
REGION = "us-east-1"


@cache
def ec2_at(url: str) -> "EC2Client":
    """A client of the fake EC2 there; making one takes longer than most of its calls."""
    return Aws(url).ec2(REGION)


class Renter:
    """A user and the account of their rehearsal."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.fleet = user.fleet
        self.state = user.home / "state" / "orchestrate"

    def up(self, *words: str) -> Said:
        return self.user.run("up", *self.words(*words))

    def words(self, *words: str) -> tuple[str, ...]:
        return ("--cloud", "aws", "--rehearse", "--yes", *words)

    def running(self, *words: str) -> Any:
        """`up` that runs while the block does; see `User.running`."""
        return self.user.running("up", *self.words(*words))

    def instances(self) -> list[dict[str, Any]]:
        """Every instance of the fleet, those that ended included."""
        answer = self._ec2.describe_instances(Filters=self._ours)
        return [dict(each) for reservation in answer["Reservations"] for each in reservation["Instances"]]

    def states(self) -> list[str]:
        return sorted(each["State"]["Name"] for each in self.instances())

    def groups(self) -> list[dict[str, Any]]:
        found = self._ec2.describe_security_groups(Filters=self._ours)["SecurityGroups"]
        return [dict(each) for each in found]

    def volumes(self) -> list[dict[str, Any]]:
        return [dict(each) for each in self._ec2.describe_volumes(Filters=self._ours)["Volumes"]]

    @property
    def _ec2(self) -> "EC2Client":
        rehearsal = find_rehearsal(self.state)
        assert rehearsal is not None, "there is no rehearsal"
        return ec2_at(rehearsal.url)

    @property
    def _ours(self) -> "list[FilterTypeDef]":
        return [{"Name": f"tag:{tags.FLEET}", "Values": [self.fleet]}]


def assert_is_closed(renter: Renter) -> None:
    """No world-open port, IMDSv2 with one hop, encrypted disks that go along, no IAM rights, tags on everything."""
    for group in renter.groups():
        for rule in group["IpPermissions"]:
            assert (rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == (22, 22, "tcp")
            assert all(each["CidrIp"].endswith("/32") for each in rule["IpRanges"])
            assert not rule.get("Ipv6Ranges")
    for instance in renter.instances():
        if instance["State"]["Name"] in GONE:
            continue
        metadata = instance["MetadataOptions"]
        assert (metadata["HttpTokens"], metadata["HttpPutResponseHopLimit"]) == ("required", 1)
        assert "IamInstanceProfile" not in instance
        assert {tag["Key"] for tag in instance["Tags"]} >= {tags.FLEET, tags.OWNER, tags.TOKEN, tags.PRICE}
        assert all(disk["Ebs"]["DeleteOnTermination"] for disk in instance["BlockDeviceMappings"])
    assert all(volume["Encrypted"] for volume in renter.volumes())


__all__ = ["GONE", "Renter", "Running", "assert_is_closed"]

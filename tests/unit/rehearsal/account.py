"""A client of the played EC2, and what a test asks of it most."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from orchestrator.providers.aws.clients import Aws
from orchestrator.rehearsal import Cloud

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef, InstanceTypeDef

REGION = "us-east-1"
DEBIAN = "/aws/service/debian/release/12/latest/amd64"
TAGGED = ("instance", "volume", "network-interface", "spot-instances-request")


def tagged(key: str, value: str) -> "list[FilterTypeDef]":
    """What has that tag."""
    return [{"Name": f"tag:{key}", "Values": [value]}]


class Account:
    """One caller's view of a cloud."""

    def __init__(self, cloud: Cloud, region: str = REGION) -> None:
        self.aws = Aws(cloud.url)
        self.region = region
        self.ec2: EC2Client = self.aws.launcher(region)
        self.look: EC2Client = Aws(cloud.admin_url).ec2(region)

    def image(self, parameter: str = DEBIAN) -> str:
        """The id behind a public parameter."""
        return self.aws.ssm(self.region).get_parameters(Names=[parameter])["Parameters"][0]["Value"]

    def request(self, count: int = 1, **changes: Any) -> dict[str, Any]:
        """What RunInstances is given."""
        tags = [{"ResourceType": kind, "Tags": [{"Key": "mark", "Value": "ours"}]} for kind in TAGGED]
        usual = {"ImageId": self.image(), "InstanceType": "g4dn.xlarge", "TagSpecifications": tags}
        return {"MinCount": count, "MaxCount": count, **usual, **changes}

    def run(self, count: int = 1, **changes: Any) -> "list[InstanceTypeDef]":
        """Launch, and return the instances as the answer shows them."""
        return self.ec2.run_instances(**self.request(count, **changes))["Instances"]

    def refused(self, count: int = 1, **changes: Any) -> str:
        """The code with which a launch is refused."""
        try:
            self.run(count, **changes)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "not refused"

    def instances(self, ids: Sequence[str] = ()) -> "list[InstanceTypeDef]":
        """All instances, or those, as they are described."""
        given = {"InstanceIds": list(ids)} if ids else {}
        pages = self.look.get_paginator("describe_instances").paginate(**given)  # type: ignore[arg-type]
        return [each for page in pages for held in page["Reservations"] for each in held["Instances"]]

    def states(self) -> list[str]:
        """The state of every instance."""
        return [each["State"]["Name"] for each in self.instances()]

"""A played account as tests of the market use it: what is asked, and what stands there already."""

from collections import Counter

from orchestrator.models import HostRequest, LaunchRequest, Offer
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.market.offers import offers
from orchestrator.providers.aws.market.region_cache import RegionCache
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud

EAST = "us-east-1"
WEST = "eu-west-1"


def settings(cloud: Cloud, *, types: tuple[str, ...] = ("g4dn.xlarge",), image: str = "") -> AwsSettings:
    return AwsSettings(endpoint_url=cloud.url, instance_types=types, image=image)


def request(*, hosts: int = 1, distribution: str = "debian-12") -> LaunchRequest:
    return LaunchRequest(
        fleet="train",
        token="train-1234",
        hosts=tuple(HostRequest(name=f"train-{n}", distribution=distribution) for n in range(1, hosts + 1)),
        user="admin",
        authorized_key="",
        identities={},
        owner="ada",
    )


def offered(said: AwsSettings, asked: LaunchRequest | None = None) -> tuple[Offer, ...]:
    """What a fresh process would be offered."""
    aws = Aws(said.endpoint_url)
    return offers(aws, said, asked or request(), RegionCache(aws, said))


def counted(cloud: Cloud, *services: str) -> Counter[str]:
    """Calls by action; of all services where none is named."""
    return Counter(call.action for call in cloud.calls() if not services or call.service in services)


def run(cloud: Cloud, count: int, *, fleet: str = "train", owner: str = "ada") -> str:
    """Let hosts of a fleet run, with its tags; the id of the first."""
    aws = Aws(cloud.admin_url)
    image = RegionCache(aws, settings(cloud)).image(EAST, "debian-12")
    tagged = {tags.FLEET: fleet, tags.OWNER: owner, tags.HOST: f"{fleet}-1"}
    answer = aws.ec2(EAST).run_instances(
        ImageId=image.id,
        InstanceType="g4dn.xlarge",
        MinCount=count,
        MaxCount=count,
        TagSpecifications=[
            {
                "ResourceType": "instance",
                "Tags": [{"Key": key, "Value": value} for key, value in tagged.items()],
            }
        ],
    )
    return answer["Instances"][0]["InstanceId"]

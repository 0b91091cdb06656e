"""A bench on the fake EC2, with the accidents that befall hosts there."""

from functools import partial
from typing import TYPE_CHECKING

from orchestrator.models import HostRequest, LaunchRequest
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.launch.run_instances import Timeouts
from orchestrator.providers.aws.provider import AwsProvider
from orchestrator.providers.settings import AwsSettings
from orchestrator.rehearsal import Cloud, Fault
from tests.providers.bench import Maker

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, TagTypeDef

OWNER = "bench"
REGION = "us-east-1"
FIRST_NAME = "TagSpecification.1.Tag.1.Value"
"""Where RunInstances says what the hosts are called."""


def ec2_bench(cloud: Cloud, request: LaunchRequest) -> Maker:
    """Hosts of a fake account that nobody else uses."""
    settings = AwsSettings(regions=(REGION,), endpoint_url=cloud.url)
    timeouts = Timeouts(again_s=3.0, visible_s=3.0, halt_s=5.0, step_s=0.05)

    def opened(owner: str) -> AwsProvider:
        return AwsProvider(settings, lambda _line: None, owner, timeouts)

    reopened = partial(opened, OWNER)
    provider = reopened()
    too_many = tuple(
        HostRequest(name=f"{request.fleet}-{each}", distribution="debian-12") for each in range(1, 999)
    )

    def refuse(name: str) -> None:
        cloud.inject(Fault(action="RunInstances", code="VcpuLimitExceeded", when=((FIRST_NAME, name),)))

    def booted() -> None:
        provider.find(request.fleet)

    return Maker(
        provider=provider,
        request=request,
        impossible=LaunchRequest(
            fleet=request.fleet,
            token=request.token,
            hosts=too_many,
            user=request.user,
            authorized_key=request.authorized_key,
            identities={host.name: next(iter(request.identities.values())) for host in too_many},
        ),
        reopened=reopened,
        neighbour=partial(opened, "neighbour"),
        make_unmarked=partial(unmarked, cloud, request),
        half_make=partial(without_key, cloud, request),
        occupy=refuse,
        booted=booted,
    )


def unmarked(cloud: Cloud, request: LaunchRequest) -> str:
    """An instance that somebody tagged by hand as the fleet's first host."""
    name, ec2 = request.hosts[0].name, Aws(cloud.url).ec2(REGION)
    tokens: list[FilterTypeDef] = [{"Name": "tag:Name", "Values": ["by hand"]}]
    if not ec2.describe_instances(Filters=tokens)["Reservations"]:
        run_instance(cloud, {"Name": "by hand", tags.FLEET: request.fleet, tags.HOST: name})
    (made,) = ec2.describe_instances(Filters=tokens)["Reservations"]
    return f"{made['Instances']}"


def without_key(cloud: Cloud, request: LaunchRequest, name: str) -> None:
    """An instance that somebody took the mark of its key from: nobody can tell it from an impostor, so it is of no use.

    EC2 leaves no half-made instances behind: tags come with the instance.
    """
    (wanted,) = (host for host in request.hosts if host.name == name)
    run_instance(
        cloud,
        {
            "Name": name,
            tags.FLEET: request.fleet,
            tags.OWNER: OWNER,
            tags.HOST: name,
            tags.DISTRIBUTION: wanted.distribution,
            tags.USER: request.user,
        },
    )


def run_instance(cloud: Cloud, marks: dict[str, str]) -> str:
    """The id of an instance that carries these tags, and its parts with it."""
    ec2 = Aws(cloud.url).ec2(REGION)
    image = ec2.describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"][0]
    made: list[TagTypeDef] = [{"Key": key, "Value": value} for key, value in marks.items()]
    answer = ec2.run_instances(
        ImageId=image["ImageId"],
        InstanceType="g4dn.xlarge",
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": made},
            {"ResourceType": "volume", "Tags": made},
            {"ResourceType": "network-interface", "Tags": made},
        ],
    )
    return answer["Instances"][0]["InstanceId"]

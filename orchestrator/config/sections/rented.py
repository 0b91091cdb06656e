"""The sections of `fleet.yml` for hosts that are paid for by the hour: `aws:` and `limits:`. Pure: no file, no environment."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from orchestrator.config.sections.base import Number, Section, Whole, no_repetition, one_or_several
from orchestrator.config.sections.tagging import Tags
from orchestrator.models import AtEnd, Limits

Words = AfterValidator(no_repetition)


def _lower(value: object) -> object:
    """As EC2 writes it, however somebody else does."""
    return value.strip().lower() if isinstance(value, str) else value


InstanceType = Annotated[str, BeforeValidator(_lower), Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$")]
Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
Zone = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z]$")]
Subnet = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]+$")]
Cidr = Annotated[str, Field(pattern=r"^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$")]


_KEY_ID = r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})"
_ALIAS = r"alias/[A-Za-z0-9/_-]{1,250}"
_KMS_KEY = re.compile(
    rf"{_KEY_ID}|{_ALIAS}|arn:aws(-[a-z]+)*:kms:[a-z]{{2}}(-[a-z]+)+-\d:\d{{12}}:(key/{_KEY_ID}|{_ALIAS})"
)
"""The four forms that `KmsKeyId` of EC2 takes."""


def _kms_key(value: str) -> str:
    if value and not _KMS_KEY.fullmatch(value):
        raise PydanticCustomError(
            "kms_key", "should be the id of a key of KMS, alias/…, or the ARN of one of these"
        )
    return value


class AwsSpec(Section):
    """`aws:`, for hosts of Amazon's cloud."""

    instance_type: Annotated[tuple[InstanceType, ...], BeforeValidator(one_or_several), Words] = Field(
        default=("g4dn.xlarge",),
        min_length=1,
        description="EC2 instance type with an NVIDIA GPU, such as g4dn.xlarge, or a list in the order to try them.",
    )
    cheapest: bool = Field(
        default=False,
        description="Try every type with the GPU memory of `stack.gpu_memory_mib`, the cheapest first, instead.",
    )
    regions: Annotated[tuple[Region, ...], BeforeValidator(one_or_several), Words] = Field(
        default=("us-east-1",), min_length=1, description="Regions, in the order to try them."
    )
    zones: Annotated[tuple[Zone, ...], BeforeValidator(one_or_several), Words] = Field(
        default=(), description="Availability zones, such as us-east-1a. Empty: all that offer the type."
    )
    market: Literal["on-demand", "spot"] = Field(
        default="on-demand",
        description="on-demand, or spot: cheaper, may be taken back, and never turned into on-demand by itself.",
    )
    capacity_reservation: str = Field(
        default="",
        pattern=r"^(none|cr-[0-9a-f]{8,32})?$",
        description="cr-… to run in: an On-Demand Capacity Reservation, or a Capacity Block that was bought. none: in no reservation. "
        "Empty: EC2 puts hosts on demand into an open reservation that fits, where there is one.",
    )
    image: str = Field(
        default="",
        pattern=r"^(ami-[0-9a-f]+|deep-learning)?$",
        description="ami-… of your own (of the fleet's distribution), deep-learning for AWS's image with a driver. "
        "Empty: the distribution's, or what `orchestrate bake` made from it.",
    )
    disk_gib: Whole = Field(
        default=100, ge=8, le=16384, description="Size of each host's disk in GiB, gp3, encrypted."
    )
    kms_key: Annotated[str, AfterValidator(_kms_key)] = Field(
        default="",
        description="Key of KMS that encrypts the disks: its id, alias/… or ARN. Empty: the account's default. An alias can be in "
        "every region, an ARN is of one.",
    )
    vpc: str = Field(
        default="default",
        pattern=r"^(default|own|vpc-[0-9a-f]+)$",
        description="default, own (made for this fleet and removed with it), or vpc-… that exists.",
    )
    subnets: Annotated[tuple[Subnet, ...], BeforeValidator(one_or_several), Words] = Field(
        default=(), description="subnet-… to use. Empty: the VPC's own in each zone."
    )
    private: bool = Field(
        default=False, description="No public addresses: this computer reaches hosts by VPN or from inside."
    )
    placement_group: str = Field(
        default="auto",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$",
        description="EC2 placement group of the hosts: auto (one of the fleet's own for the hosts of a cluster, made and removed with it), "
        "none, or the name of one that exists.",
    )
    efa: bool = Field(
        default=False,
        description="The hosts' network interface is an Elastic Fabric Adapter, on the first network card; hosts reach each other. "
        "Only types that have one.",
    )
    elastic_ip: bool = Field(
        default=False, description="An address for each host that survives stop and start."
    )
    dns_name: str = Field(
        default="",
        pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)+)?$",
        description="Name to point at the host, in a zone of Route 53. Several hosts: <number>.<name>.",
    )
    instance_profile: str = Field(
        default="", description="IAM instance profile that programs on the host may use. Empty: none."
    )
    ssh_from: Annotated[tuple[Cidr, ...], BeforeValidator(one_or_several), Words] = Field(
        default=(),
        description="CIDRs that may reach SSH. Empty: this computer's address as the world sees it.",
    )
    web_from: Annotated[tuple[Cidr, ...], BeforeValidator(one_or_several), Words] = Field(
        default=("0.0.0.0/0",),
        description="CIDRs that may reach ports 80 and 443 of hosts that have services and a name. Others have neither open. "
        "Let's Encrypt looks from anywhere.",
    )
    tags: Tags = Field(
        default={},
        description='Tags of your own, `key: value`, on everything that is made: cost-center: "1234". '
        "Not Name or orchestrate:…, which are orchestrate's, nor aws:…, which are Amazon's.",
    )
    rehearse: bool = Field(
        default=False, description="Play EC2 on this computer, with containers for hosts: costs nothing."
    )
    faults: Annotated[tuple[str, ...], BeforeValidator(one_or_several), Words] = Field(
        default=(), description="What goes wrong in a rehearsal, such as no-capacity or throttled."
    )


class LimitsSpec(Section):
    """`limits:`, what ends a host that is paid for, even when nobody watches."""

    max_hours: Number = Field(
        default=24, ge=0, le=8784, description="Hours that each host may run in all. 0: no deadline."
    )
    max_cost_usd: Number = Field(
        default=0, ge=0, description="What each host may cost, in US dollars. 0: no budget."
    )
    idle_minutes: Whole = Field(
        default=0, ge=0, description="Minutes without GPU use, CPU load and logins. 0: may idle."
    )
    at_end: Literal["terminate", "stop"] = Field(
        default="terminate",
        description="What becomes of a host at its end: terminate, or stop (its disk is kept).",
    )

    @property
    def limits(self) -> Limits:
        """The values as the stages take them."""
        return Limits(
            max_hours=self.max_hours,
            max_cost_usd=self.max_cost_usd,
            idle_minutes=self.idle_minutes,
            at_end=AtEnd(self.at_end),
        )

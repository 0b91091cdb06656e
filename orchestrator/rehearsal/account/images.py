"""The public images that the account can see, with the parameters of Systems Manager that name them. Data and moto's records."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import Ami

from orchestrator.rehearsal.image_content import ImageContent

_DEBIAN = "136693071363"
_CANONICAL = "099720109477"
_AMAZON = "898082745236"
"""Accounts of the publishers: Debian's wiki on Amazon EC2 images, Canonical's and AWS's pages on finding theirs."""

_CREATED = datetime(2026, 11, 9, 6, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One public image."""

    parameter: str
    """The public parameter that holds its id."""
    name: str
    owner: str
    architecture: str
    """As EC2 spells it: `x86_64` or `arm64`."""
    content: ImageContent
    root_device: str = "/dev/sda1"
    """They differ between publishers, so that nobody takes one for granted."""
    size_gib: int = 8

    def id(self, region: str) -> str:
        """Its id in a region."""
        return f"ami-{hashlib.sha256(f'{region}{self.parameter}'.encode()).hexdigest()[:17]}"


def _debian(release: int, arch: str) -> Image:
    return Image(
        parameter=f"/aws/service/debian/release/{release}/latest/{arch}",
        name=f"debian-{release}-{arch}-20261109-2290",
        owner=_DEBIAN,
        architecture={"amd64": "x86_64"}.get(arch, arch),
        content=ImageContent(distribution=f"debian-{release}"),
        root_device="/dev/xvda",
    )


def _ubuntu(release: str, arch: str, *, disk: str) -> Image:
    code = {"22.04": "jammy", "24.04": "noble", "26.04": "resolute"}[release]
    return Image(
        parameter=f"/aws/service/canonical/ubuntu/server/{release}/stable/current/{arch}/hvm/ebs-{disk}/ami-id",
        name=f"ubuntu/images/hvm-ssd-{disk}/ubuntu-{code}-{release}-{arch}-server-20261108",
        owner=_CANONICAL,
        architecture={"amd64": "x86_64"}.get(arch, arch),
        content=ImageContent(distribution=f"ubuntu-{release}"),
    )


def _deep_learning(release: str, arch: str) -> Image:
    return Image(
        parameter=f"/aws/service/deeplearning/ami/{arch}/base-oss-nvidia-driver-gpu-ubuntu-{release}/latest/ami-id",
        name=f"Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu {release}) 20261108",
        owner=_AMAZON,
        architecture=arch,
        content=ImageContent(distribution=f"ubuntu-{release}", driver=True),
        size_gib=65,
    )


IMAGES = (
    _debian(12, "amd64"),
    _debian(12, "arm64"),
    _debian(13, "amd64"),
    _debian(13, "arm64"),
    _ubuntu("22.04", "amd64", disk="gp2"),
    _ubuntu("22.04", "arm64", disk="gp2"),
    _ubuntu("24.04", "amd64", disk="gp3"),
    _ubuntu("24.04", "arm64", disk="gp3"),
    _ubuntu("26.04", "amd64", disk="gp3"),
    _ubuntu("26.04", "arm64", disk="gp3"),
    _deep_learning("22.04", "x86_64"),
    _deep_learning("24.04", "x86_64"),
    _deep_learning("24.04", "arm64"),
)


class SizedAmi(Ami):
    """moto's image with a root disk of its own size; moto's are all 15 GiB."""

    size_gib = 8
    content = ImageContent()

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        """The root disk alone."""
        disk = {
            "SnapshotId": self.ebs_snapshot.id,
            "VolumeSize": self.size_gib,
            "DeleteOnTermination": True,
            "VolumeType": "gp2",
            "Encrypted": False,
        }
        return [{"DeviceName": self.root_device_name, "Ebs": disk}]


def publish(backend: EC2Backend) -> None:
    """Give a region the public images."""
    for image in IMAGES:
        ami = SizedAmi(
            backend,
            image.id(backend.region_name),
            name=image.name,
            description=image.name,
            owner_id=image.owner,
            owner_alias="amazon" if image.owner == _AMAZON else None,
            public=True,
            virtualization_type="hvm",
            architecture=image.architecture,
            creation_date=_CREATED,
            image_location=f"{image.owner}/{image.name}",
            hypervisor="xen",
            root_device_type="ebs",
            root_device_name=image.root_device,
            region_name=f"{backend.region_name}a",
        )
        ami.size_gib, ami.content = image.size_gib, image.content
        backend.amis[ami.id] = ami


def complete_image(backend: EC2Backend, image_id: str, size_gib: int, snapshot_tags: dict[str, str]) -> None:
    """Give an image that was made of an instance that instance's root device, size and content, which moto forgets."""
    ami = backend.amis[image_id]
    source = backend.get_instance(ami.instance_id or "")
    origin = backend.amis.get(source.image_id)
    ami.__class__ = SizedAmi
    if isinstance(ami, SizedAmi):
        ami.size_gib = size_gib
        ami.content = origin.content if isinstance(origin, SizedAmi) else ImageContent()
    ami.root_device_name, ami.root_device_type = source.root_device_name, "ebs"
    ami.hypervisor, ami.image_location = "xen", f"{backend.account_id}/{ami.name}"
    ami.ebs_snapshot.add_tags(snapshot_tags)


def content_of(backend: EC2Backend, image_id: str) -> ImageContent:
    """What is on the image."""
    ami = backend.amis.get(image_id)
    return ami.content if isinstance(ami, SizedAmi) else ImageContent()

"""Which image a host starts from: the names that lead to it, and what its description says. Pure: asks nobody."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.catalog import load
from orchestrator.catalog.rows import Ec2Type
from orchestrator.errors import InputRefusedError
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.market.instance_types import row_of

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import ImageTypeDef

FINGERPRINT = f"{tags.PREFIX}:fingerprint"
"""Tag of a baked image: what was applied to the host that it was made from."""

DEEP_LEARNING = "deep-learning"
"""The value of `image:` for AWS's Deep Learning AMI."""

DEEP_LEARNING_BRANCH = "595"
"""The driver in it, with open kernel modules: 595.91.07 (AWS's release notes of the Base OSS AMI, 2026-10-08)."""

PARAMETERS = {
    "x86_64": {
        "debian-12": "/aws/service/debian/release/12/latest/amd64",
        "debian-13": "/aws/service/debian/release/13/latest/amd64",
        "ubuntu-22.04": "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id",
        "ubuntu-24.04": "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
        "ubuntu-26.04": "/aws/service/canonical/ubuntu/server/26.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
    },
    "aarch64": {
        "debian-12": "/aws/service/debian/release/12/latest/arm64",
        "debian-13": "/aws/service/debian/release/13/latest/arm64",
        "ubuntu-22.04": "/aws/service/canonical/ubuntu/server/22.04/stable/current/arm64/hvm/ebs-gp2/ami-id",
        "ubuntu-24.04": "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
        "ubuntu-26.04": "/aws/service/canonical/ubuntu/server/26.04/stable/current/arm64/hvm/ebs-gp3/ami-id",
    },
}
"""Public parameters of Systems Manager by architecture and distribution: the publishers' documentation (Debian's wiki on
Amazon EC2 images, Canonical's on finding images), as it stands in public projects that use them; 2026-11-20. Ubuntu changed
from gp2 to gp3 in the path between 22.04 and 24.04; that of 26.04 follows the pattern of 24.04."""

DEEP_LEARNING_PARAMETERS = {
    "x86_64": {
        "ubuntu-22.04": "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id",
        "ubuntu-24.04": "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id",
    },
    "aarch64": {
        "ubuntu-24.04": "/aws/service/deeplearning/ami/arm64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id",
    },
}
"""As `PARAMETERS`, for the Deep Learning AMI: AWS's Deep Learning AMI guide. The one for aarch64 follows its pattern."""

_ARCHITECTURES = {"arm64": "aarch64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What a host starts from."""

    id: str
    """`ami-…`."""
    root_device: str
    """`/dev/xvda` or whatever else this image calls it."""
    size_gib: int
    """The least that the root disk can have."""
    architecture: str
    """`x86_64` or `aarch64`."""
    name: str


def parameters(image: str, architecture: str) -> dict[str, str]:
    """The public parameter of every distribution that has one, for hosts of that architecture.

    Args:
        image: `deep-learning`, or empty for the distribution's own.
        architecture: `x86_64` or `aarch64`.
    """
    table = DEEP_LEARNING_PARAMETERS if image == DEEP_LEARNING else PARAMETERS
    return table[architecture]


def parameter(image: str, kind: str, architecture: str) -> str:
    """The public parameter that names the image of a distribution.

    Raises:
        InputRefusedError: there is no such image.
    """
    known = parameters(image, architecture)
    if kind in known:
        return known[kind]
    if image == DEEP_LEARNING:
        raise InputRefusedError(
            f"there is no Deep Learning AMI of {kind} for {architecture}: it is there for {', '.join(known)}",
            f"distribution: {next(reversed(known))}, or leave out `image:` under `aws:`",
        )
    raise InputRefusedError(
        f"no public image of {kind} for {architecture} is known", f"distribution: one of {', '.join(known)}"
    )


def never(image: str, instance_type: str) -> str:
    """Why a type cannot be had with that image, whatever AWS says; empty when it may.

    Args:
        image: `deep-learning`, an `ami-…`, or empty for the distribution's own.
        instance_type: one that the catalog may or may not know.
    """
    row = row_of(instance_type)
    if row is None:
        return ""
    if row.status == "retired":
        return f"AWS retired it by {row.retired}"
    return _undriven(row) if image == DEEP_LEARNING else ""


def image_of(described: "ImageTypeDef") -> Image:
    """What a description says of the image.

    Raises:
        InputRefusedError: its root disk is not a volume of EBS.
    """
    root = described.get("RootDeviceName", "")
    volumes = {
        mapping.get("DeviceName", ""): mapping.get("Ebs", {})
        for mapping in described.get("BlockDeviceMappings", [])
    }
    if not root or "VolumeSize" not in volumes.get(root, {}):
        raise InputRefusedError(
            f"{described['ImageId']} has no root disk on EBS, so it could not be encrypted and kept small",
            "an image of root device type ebs: `image: ami-…` under `aws:`",
        )
    architecture = described.get("Architecture", "x86_64")
    return Image(
        id=described["ImageId"],
        root_device=root,
        size_gib=volumes[root]["VolumeSize"],
        architecture=_ARCHITECTURES.get(architecture, architecture),
        name=described.get("Name", ""),
    )


def newest_baked(described: Iterable["ImageTypeDef"], kind: str, architecture: str) -> Image | None:
    """Of baked images the newest of a distribution and architecture; None when there is none."""
    fitting = [
        each
        for each in described
        if {"Key": tags.DISTRIBUTION, "Value": kind} in each.get("Tags", [])
        and image_of(each).architecture == architecture
    ]
    newest = max(fitting, key=lambda each: each.get("CreationDate", ""), default=None)
    return image_of(newest) if newest else None


def _undriven(row: Ec2Type) -> str:
    branch = load().branch(DEEP_LEARNING_BRANCH)
    if branch is None or not row.gpu or load().gpu(row.gpu).architecture in branch.open:
        return ""
    return (
        f"the Deep Learning AMI has driver {DEEP_LEARNING_BRANCH} with open kernel modules, which does not drive"
        f" its {row.gpu}: leave out `image:` under `aws:`"
    )

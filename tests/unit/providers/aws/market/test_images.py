"""Names that lead to images, and what their descriptions say."""

from typing import TYPE_CHECKING

import pytest

from orchestrator.errors import InputRefusedError
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.market.images import (
    Image,
    image_of,
    never,
    newest_baked,
    parameter,
    parameters,
)

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import ImageTypeDef


def described(
    id_: str = "ami-1", *, root: str = "/dev/xvda", architecture: str = "x86_64", made: str = "2026-01-01"
) -> "ImageTypeDef":
    return {
        "ImageId": id_,
        "Name": "debian-12-amd64",
        "Architecture": architecture,  # type: ignore[typeddict-item]
        "CreationDate": made,
        "RootDeviceName": root,
        "BlockDeviceMappings": [
            {"DeviceName": "/dev/sdz", "VirtualName": "ephemeral0"},
            {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}},
        ],
        "Tags": [{"Key": tags.DISTRIBUTION, "Value": "debian-12"}],
    }


@pytest.mark.parametrize(
    ("image", "kind", "architecture", "path"),
    [
        ("", "debian-12", "x86_64", "/aws/service/debian/release/12/latest/amd64"),
        ("", "debian-13", "aarch64", "/aws/service/debian/release/13/latest/arm64"),
        (
            "",
            "ubuntu-22.04",
            "x86_64",
            "/aws/service/canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id",
        ),
        (
            "",
            "ubuntu-24.04",
            "x86_64",
            "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
        ),
        (
            "",
            "ubuntu-22.04",
            "aarch64",
            "/aws/service/canonical/ubuntu/server/22.04/stable/current/arm64/hvm/ebs-gp2/ami-id",
        ),
        (
            "",
            "ubuntu-26.04",
            "x86_64",
            "/aws/service/canonical/ubuntu/server/26.04/stable/current/amd64/hvm/ebs-gp3/ami-id",
        ),
        (
            "deep-learning",
            "ubuntu-24.04",
            "x86_64",
            "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-24.04/latest/ami-id",
        ),
    ],
)
def test_each_distribution_has_a_public_parameter(
    image: str, kind: str, architecture: str, path: str
) -> None:
    assert parameter(image, kind, architecture) == path


def test_one_call_can_ask_for_all_distributions() -> None:
    assert len(parameters("", "x86_64")) == 5  # GetParameters takes ten names


@pytest.mark.parametrize(
    ("image", "kind", "architecture", "said"),
    [
        ("deep-learning", "debian-12", "x86_64", "no Deep Learning AMI of debian-12"),
        ("deep-learning", "ubuntu-22.04", "aarch64", "no Deep Learning AMI of ubuntu-22.04 for aarch64"),
        ("deep-learning", "ubuntu-26.04", "x86_64", "no Deep Learning AMI of ubuntu-26.04 for x86_64"),
        ("", "debian-14", "aarch64", "no public image of debian-14 for aarch64"),
    ],
)
def test_an_image_that_does_not_exist_is_refused_with_those_that_do(
    image: str, kind: str, architecture: str, said: str
) -> None:
    with pytest.raises(InputRefusedError, match=said) as refused:
        parameter(image, kind, architecture)
    assert "ubuntu-24.04" in refused.value.hint


@pytest.mark.parametrize(
    ("image", "instance_type", "said"),
    [
        ("", "g4dn.xlarge", ""),
        ("", "p3dn.24xlarge", ""),
        ("", "p2.xlarge", "retired it by 2025-10"),
        ("deep-learning", "g4dn.xlarge", ""),
        ("deep-learning", "p6-b200.48xlarge", ""),
        ("deep-learning", "p3dn.24xlarge", "does not drive its Tesla V100-SXM2-32GB"),
        ("deep-learning", "g3.4xlarge", "retired"),
        ("deep-learning", "m5.large", ""),
    ],
)
def test_types_that_are_gone_or_that_the_image_cannot_drive_are_known(
    image: str, instance_type: str, said: str
) -> None:
    why = never(image, instance_type)
    assert said in why
    assert bool(why) is bool(said)


def test_root_device_and_size_come_from_the_image_itself() -> None:
    assert image_of(described(architecture="arm64")) == Image(
        id="ami-1", root_device="/dev/xvda", size_gib=8, architecture="aarch64", name="debian-12-amd64"
    )


@pytest.mark.parametrize("root", ["", "/dev/sda1"])
def test_an_image_without_a_root_disk_on_ebs_is_refused(root: str) -> None:
    with pytest.raises(InputRefusedError, match="no root disk on EBS"):
        image_of(described(root=root))


def test_the_newest_baked_image_of_the_distribution_wins() -> None:
    baked = [
        described("ami-old", made="2026-01-01T00:00:00.000Z"),
        described("ami-new", made="2026-03-01T00:00:00.000Z"),
        described("ami-arm", architecture="arm64", made="2026-04-01T00:00:00.000Z"),
    ]
    found = newest_baked(baked, "debian-12", "x86_64")
    assert found is not None
    assert found.id == "ami-new"
    assert newest_baked(baked, "debian-13", "x86_64") is None

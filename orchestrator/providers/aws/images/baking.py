"""Make an image of a converged host, find ours, and take one away with its snapshots.

Images outlive their fleet: they carry its owner and the fingerprint of what was applied, and not the tag of a fleet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.errors import InputRefusedError, ProviderError
from orchestrator.models import Host, ReceiptLine, Resource
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.billing import snapshot_usd_per_month
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.market.images import FINGERPRINT
from orchestrator.providers.aws.regions import in_each
from orchestrator.providers.base import Intend, Say
from orchestrator.waiting import DeadlineError, NotYet, wait_for

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, ImageTypeDef

AVAILABLE_TIMEOUT_S = 3600.0
"""EC2 copies the whole disk; 100 GiB take some twenty minutes."""

_INTERVAL_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Baking:
    """What an image is made of and known by."""

    host: Host
    fingerprint: str
    """Of what was applied to the host."""
    owner: str
    users_tags: tuple[tuple[str, str], ...] = ()
    """`tags:` under `aws:`."""

    @property
    def name(self) -> str:
        """Unique for each combination; EC2 refuses a second image of the same name."""
        return f"orchestrate-{self.host.distribution}-{self.fingerprint}-{self.host.provider_id}"


def bake(aws: Aws, region: str, baking: Baking, say: Say, intend: Intend) -> str:
    """Make the image and wait until it can be launched from; return its id. Made already, it is that one.

    EC2 restarts the host for it, so that the disk is whole.

    Raises:
        ProviderError: EC2 refused, or the image failed or was not ready in an hour.
    """
    image_id = _made_already(aws, region, baking) or _create(aws, region, baking, intend)

    def probe() -> str | NotYet:
        with aws_errors(f"a look at image {image_id}"):
            found = aws.ec2(region).describe_images(ImageIds=[image_id])["Images"]
        state = found[0].get("State", "pending") if found else "not to be seen"
        if state in {"failed", "error", "invalid"}:
            why = found[0].get("StateReason", {}).get("Message", "EC2 does not say why")
            raise ProviderError(
                f"image {image_id} is {state}: {why}", f"orchestrate bake --remove {image_id}"
            )
        return image_id if state == "available" else NotYet(f"image {image_id} is {state}")

    say(f"image {image_id} of {baking.host.name}: waiting until it is available")
    try:
        return wait_for(image_id, probe, timeout_s=AVAILABLE_TIMEOUT_S, interval_s=_INTERVAL_S)
    except DeadlineError as error:
        raise ProviderError(f"{error.seen} after {error.timeout_s:g} s", "orchestrate bake again") from error


def baked_images(aws: Aws, regions: Iterable[str], owner: str) -> tuple[Resource, ...]:
    """Our images, region by region; `name` says of what, `state` what EC2 says."""

    def of(region: str) -> tuple[Resource, ...]:
        with aws_errors(f"a look at our images in {region}"):
            found = aws.ec2(region).describe_images(Owners=["self"], Filters=[_ours(owner)])["Images"]
        return tuple(
            Resource(
                kind="image",
                id=each.get("ImageId", ""),
                name=f"{each.get('Name', '')} in {region}, {each.get('CreationDate', '')}, {_cost(each, region)}",
                state=each.get("State", ""),
            )
            for each in found
        )

    return tuple(image for images in in_each(aws, regions, of).all for image in images)


def unbake(aws: Aws, regions: Iterable[str], image_id: str, owner: str) -> tuple[ReceiptLine, ...]:
    """Deregister one of our images and delete its snapshots, which are what costs; a line for each.

    Raises:
        InputRefusedError: there is no such image of ours.
    """
    answers = in_each(aws, regions, lambda region: _find(aws, region, image_id, owner))
    for region, image in answers.by_region.items():
        if image is not None:
            return _removed(aws, region, image)
    raise InputRefusedError(
        f"there is no image {image_id} of ours in {', '.join(answers.by_region)}"
        + (f"; {', '.join(answers.left_out)} could not be asked" if answers.left_out else ""),
        "`orchestrate bake --list` shows them",
    )


def _cost(image: "ImageTypeDef", region: str) -> str:
    disks = (each.get("Ebs", {}).get("VolumeSize", 0) for each in image.get("BlockDeviceMappings", []))
    return f"at most ${snapshot_usd_per_month(region, sum(disks)):.2f} a month"


def _made_already(aws: Aws, region: str, baking: Baking) -> str:
    with aws_errors(f"a look at our images in {region}"):
        found = aws.ec2(region).describe_images(
            Owners=["self"], Filters=[{"Name": "name", "Values": [baking.name]}]
        )["Images"]
    return found[0].get("ImageId", "") if found else ""


def _create(aws: Aws, region: str, baking: Baking, intend: Intend) -> str:
    host = baking.host
    said = {
        "Name": baking.name,
        FINGERPRINT: baking.fingerprint,
        tags.OWNER: baking.owner,
        tags.DISTRIBUTION: host.distribution,
        tags.USER: host.user,
    }
    marks = tags.with_users(said, baking.users_tags)
    intend("image", baking.name)
    with aws_errors(f"an image of {host.name}"):
        return aws.ec2(region).create_image(
            InstanceId=host.provider_id,
            Name=baking.name,
            Description=f"{host.distribution} with what orchestrate applied to {host.name}",
            TagSpecifications=[
                {"ResourceType": "image", "Tags": marks},
                {"ResourceType": "snapshot", "Tags": marks},
            ],
        )["ImageId"]


def _find(aws: Aws, region: str, image_id: str, owner: str) -> "ImageTypeDef | None":
    with aws_errors(f"a look at our images in {region}"):
        found = aws.ec2(region).describe_images(
            Owners=["self"], Filters=[_ours(owner), {"Name": "image-id", "Values": [image_id]}]
        )["Images"]
    return found[0] if found else None


def _removed(aws: Aws, region: str, image: "ImageTypeDef") -> tuple[ReceiptLine, ...]:
    ec2, image_id = aws.ec2(region), image.get("ImageId", "")
    disks = [each.get("Ebs", {}).get("SnapshotId", "") for each in image.get("BlockDeviceMappings", [])]
    snapshots = [each for each in disks if each]
    with aws_errors(f"the end of image {image_id}"):
        ec2.deregister_image(ImageId=image_id)
        for snapshot in snapshots:
            ec2.delete_snapshot(SnapshotId=snapshot)
        images = ec2.describe_images(Filters=[{"Name": "image-id", "Values": [image_id]}])["Images"]
        left = {
            each["SnapshotId"]
            for each in ec2.describe_snapshots(
                Filters=[{"Name": "snapshot-id", "Values": snapshots or ["-"]}]
            )["Snapshots"]
        }
    return (
        _line("image", image_id, "DescribeImages", gone=not images),
        *(_line("snapshot", each, "DescribeSnapshots", gone=each not in left) for each in snapshots),
    )


def _line(kind: str, id_: str, call: str, *, gone: bool) -> ReceiptLine:
    answer = f"no such {kind}" if gone else "still there"
    return ReceiptLine(
        resource=Resource(kind=kind, id=id_, name=id_, state="gone" if gone else "there"),
        gone=gone,
        proof=f"ec2 {call} {id_}: {answer}",
    )


def _ours(owner: str) -> "FilterTypeDef":
    return {"Name": f"tag:{tags.OWNER}", "Values": [owner]}

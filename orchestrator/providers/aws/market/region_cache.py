"""A cache of what regions have: asked once, kept for the life of the process. Decides nothing about money; creates nothing."""

from collections.abc import Iterable
from threading import RLock
from typing import TYPE_CHECKING

from orchestrator.errors import InputRefusedError
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.fleet_instances import FleetInstance, parse_instance
from orchestrator.providers.aws.market.images import (
    FINGERPRINT,
    Image,
    image_of,
    newest_baked,
    parameter,
    parameters,
)
from orchestrator.providers.aws.market.instance_types import architecture_of
from orchestrator.providers.aws.market.quota import in_use
from orchestrator.providers.aws.regions import in_each
from orchestrator.providers.settings import AwsSettings

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import ImageTypeDef, InstanceTypeDef

_RUNNING = frozenset({"pending", "running"})
_EXISTING = ["pending", "running", "shutting-down", "stopping", "stopped"]


class RegionCache:
    """The images, zones and instances of the account's regions. Threads may share it.

    Args:
        aws: the account.
        settings: what the fleet file says.
        baked: fingerprint of what will be applied: an image of ours with the same one is taken before the distribution's.
            Empty for none.
    """

    def __init__(self, aws: Aws, settings: AwsSettings, baked: str = "") -> None:
        self._aws = aws
        self._settings = settings
        self._baked = baked
        self._architecture = architecture_of(settings.instance_types[0])
        self._locks: dict[str, RLock] = {}
        self._images: dict[tuple[str, str], Image] = {}
        self._parameters: dict[str, dict[str, str]] = {}
        self._offerings: dict[tuple[str, str], tuple[str, ...]] = {}
        self._instances: dict[str, tuple[InstanceTypeDef, ...]] = {}

    def image(self, region: str, kind: str) -> Image:
        """What hosts of a distribution start from. See `images`."""
        return self.images(region, (kind,))[kind]

    def images(self, region: str, kinds: Iterable[str]) -> dict[str, Image]:
        """What hosts of each distribution start from, on the CPU architecture of the first instance type.

        Raises:
            InputRefusedError: there is no such image, or it does not fit on the disk that was asked for.
            ProviderError: AWS refused.
        """
        kinds = tuple(kinds)
        with self._lock(region):
            missing = tuple(kind for kind in kinds if (region, kind) not in self._images)
            if missing:
                for kind, image in self._asked_images(region, missing).items():
                    self._images[region, kind] = self._fitting(image)
            return {kind: self._images[region, kind] for kind in kinds}

    def zones(self, region: str, types: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The zones that offer each type, by name; empty where the region does not have it.

        Raises:
            ProviderError: AWS refused.
        """
        types = tuple(types)
        with self._lock(region):
            missing = [each for each in types if (region, each) not in self._offerings]
            if missing:
                for each, zones in self._asked_zones(region, missing).items():
                    self._offerings[region, each] = zones
            return {each: self._offerings[region, each] for each in types}

    def instances(self, region: str) -> "tuple[InstanceTypeDef, ...]":
        """Every instance of the account there that is not terminated, whosever it is. Remembered until `forget`.

        Raises:
            ProviderError: AWS refused.
        """
        with self._lock(region):
            if region not in self._instances:
                with aws_errors(f"a look at the instances in {region}"):
                    pages = (
                        self._aws.ec2(region)
                        .get_paginator("describe_instances")
                        .paginate(Filters=[{"Name": "instance-state-name", "Values": _EXISTING}])
                    )
                    self._instances[region] = tuple(
                        instance
                        for page in pages
                        for reservation in page["Reservations"]
                        for instance in reservation.get("Instances", [])
                    )
            return self._instances[region]

    def hosts(self, fleet: str) -> tuple[FleetInstance, ...]:
        """Every instance that is tagged as a host of the fleet, whoever's, in the regions that answer. Raises ProviderError."""
        answers = in_each(self._aws, self._settings.regions, self.instances)
        instances = (
            parse_instance(each, region, private=self._settings.private)
            for region, instances in answers.by_region.items()
            for each in instances
        )
        return tuple(seen for seen in instances if seen and seen.host.fleet == fleet)

    def forget(self, region: str) -> None:
        """Have the instances described again when they are asked for next: something was launched or ended."""
        with self._lock(region):
            self._instances.pop(region, None)

    def taken(self, region: str) -> dict[str, int]:
        """The vCPUs that count against each quota, by the quota's name. Raises ProviderError."""
        return in_use(self.instances(region))

    def running(self, region: str, fleet: str, owner: str) -> frozenset[str]:
        """Names of the fleet's hosts that run or are about to; an empty owner is anybody. Raises ProviderError."""
        names = set()
        for instance in self.instances(region):
            tagged = {tag.get("Key", ""): tag.get("Value", "") for tag in instance.get("Tags", [])}
            ours = tagged.get(tags.FLEET) == fleet and owner in {"", tagged.get(tags.OWNER)}
            if ours and tags.HOST in tagged and instance.get("State", {}).get("Name") in _RUNNING:
                names.add(tags.host_name(tagged[tags.HOST], instance.get("AmiLaunchIndex", 0)))
        return frozenset(names)

    def _asked_images(self, region: str, kinds: tuple[str, ...]) -> dict[str, Image]:
        if self._settings.image.startswith("ami-"):
            return dict.fromkeys(kinds, self._described(region, [self._settings.image])[self._settings.image])
        found = self._asked_baked(region, kinds) if self._baked and not self._settings.image else {}
        ids = {kind: self._named(region, kind) for kind in kinds if kind not in found}
        described = self._described(region, list(dict.fromkeys(ids.values()))) if ids else {}
        return found | {kind: described[id_] for kind, id_ in ids.items()}

    def _asked_baked(self, region: str, kinds: tuple[str, ...]) -> dict[str, Image]:
        with aws_errors(f"a look at the account's images in {region}"):
            answer = self._aws.ec2(region).describe_images(
                Owners=["self"],
                Filters=[
                    {"Name": f"tag:{FINGERPRINT}", "Values": [self._baked]},
                    {"Name": "state", "Values": ["available"]},
                ],
            )
        newest = {kind: newest_baked(answer["Images"], kind, self._architecture) for kind in kinds}
        return {kind: image for kind, image in newest.items() if image is not None}

    def _named(self, region: str, kind: str) -> str:
        """The image id that the public parameter of a distribution holds; one call for all distributions."""
        path = parameter(self._settings.image, kind, self._architecture)
        if region not in self._parameters:
            paths = parameters(self._settings.image, self._architecture)
            with aws_errors(f"a look at the public images in {region}"):
                answer = self._aws.ssm(region).get_parameters(Names=list(paths.values()))
            self._parameters[region] = {
                each.get("Name", ""): each.get("Value", "") for each in answer["Parameters"]
            }
        if path not in self._parameters[region]:
            raise InputRefusedError(
                f"{region} has no parameter {path}, which names the image of {kind}",
                "another distribution or region, or `image: ami-…` under `aws:`",
            )
        return self._parameters[region][path]

    def _described(self, region: str, ids: list[str]) -> dict[str, Image]:
        with aws_errors(f"a look at {', '.join(ids)} in {region}"):
            answer: list[ImageTypeDef] = self._aws.ec2(region).describe_images(ImageIds=ids)["Images"]
        described = {each["ImageId"]: image_of(each) for each in answer if "ImageId" in each}
        for id_ in ids:
            if id_ not in described:
                raise InputRefusedError(
                    f"{region} has no image {id_} that this account may use",
                    f"aws ec2 describe-images --image-ids {id_} --region {region}",
                )
        return described

    def _fitting(self, image: Image) -> Image:
        if image.size_gib > self._settings.disk_gib:
            raise InputRefusedError(
                f"image {image.id} ({image.name}) needs a disk of {image.size_gib} GiB,"
                f" and {self._settings.disk_gib} are asked for",
                f"disk_gib: {image.size_gib} under `aws:`, or more",
            )
        return image

    def _asked_zones(self, region: str, types: list[str]) -> dict[str, tuple[str, ...]]:
        with aws_errors(f"a look at what {region} offers"):
            pages = (
                self._aws.ec2(region)
                .get_paginator("describe_instance_type_offerings")
                .paginate(
                    LocationType="availability-zone",
                    Filters=[{"Name": "instance-type", "Values": types}],
                )
            )
            offered = [offering for page in pages for offering in page["InstanceTypeOfferings"]]
        return {
            each: tuple(
                sorted(
                    offering.get("Location", "")
                    for offering in offered
                    if offering.get("InstanceType") == each
                )
            )
            for each in types
        }

    def _lock(self, region: str) -> RLock:
        """One for each region, so that several are asked at the same time."""
        return self._locks.setdefault(region, RLock())

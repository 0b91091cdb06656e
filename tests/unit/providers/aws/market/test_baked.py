"""Images that were made of a host of ours are taken before the distribution's own."""

from dataclasses import replace

import pytest

from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.market.images import FINGERPRINT
from orchestrator.providers.aws.market.region_cache import RegionCache
from orchestrator.rehearsal import Cloud
from tests.unit.providers.aws.market.account import EAST, counted, run, settings

pytestmark = pytest.mark.served


def bake(cloud: Cloud, instance_id: str, name: str, *, fingerprint: str) -> str:
    """An image of a host, tagged with what was applied to it; its id."""
    tagged = {FINGERPRINT: fingerprint, tags.DISTRIBUTION: "debian-12"}
    answer = (
        Aws(cloud.admin_url)
        .ec2(EAST)
        .create_image(
            InstanceId=instance_id,
            Name=name,
            TagSpecifications=[
                {
                    "ResourceType": "image",
                    "Tags": [{"Key": key, "Value": value} for key, value in tagged.items()],
                }
            ],
        )
    )
    return answer["ImageId"]


def test_an_image_with_the_same_fingerprint_is_taken_and_no_parameter_is_asked_for() -> None:
    with Cloud() as cloud:
        made = bake(cloud, run(cloud, 1), "train-baked", fingerprint="abc")
        found = RegionCache(Aws(cloud.url), settings(cloud), baked="abc").image(EAST, "debian-12")
        assert found.id == made
        assert found.root_device == "/dev/xvda"
        assert counted(cloud) == {"DescribeImages": 1}


def test_one_with_another_fingerprint_or_distribution_is_left_alone() -> None:
    with Cloud() as cloud:
        made = bake(cloud, run(cloud, 1), "train-baked", fingerprint="abc")
        aws, said = Aws(cloud.url), settings(cloud)
        assert RegionCache(aws, said, baked="xyz").image(EAST, "debian-12").id != made
        assert RegionCache(aws, said, baked="abc").image(EAST, "debian-13").id != made
        assert counted(cloud)["DescribeImages"] == 4


def test_an_image_that_is_named_is_taken_before_a_baked_one() -> None:
    with Cloud() as cloud:
        bake(cloud, run(cloud, 1), "train-baked", fingerprint="abc")
        aws, said = Aws(cloud.url), settings(cloud)
        own = RegionCache(aws, said).image(EAST, "debian-13").id
        assert RegionCache(aws, replace(said, image=own), baked="abc").image(EAST, "debian-12").id == own

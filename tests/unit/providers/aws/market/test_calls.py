"""What is asked of a played EC2, how often, and what comes of it when it refuses."""

from dataclasses import replace

import pytest
from botocore.stub import Stubber

from orchestrator.errors import InputRefusedError, NotAuthorizedError
from orchestrator.models import Market
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.market.region_cache import RegionCache
from orchestrator.rehearsal import Cloud, Fault
from orchestrator.waiting import for_each
from tests.unit.providers.aws.market.account import EAST, WEST, counted, offered, request, run, settings

pytestmark = pytest.mark.served

ONCE_EACH = {"GetParameters", "DescribeImages", "DescribeInstanceTypeOfferings", "DescribeInstances"}
NONE_OF_G = {"Running On-Demand G and VT instances": 0.0}


def test_each_region_is_asked_five_things_and_once() -> None:
    with Cloud() as cloud:
        said = replace(settings(cloud, types=("g4dn.xlarge", "g5.xlarge")), regions=(EAST, WEST))
        made = offered(said, request(hosts=3))
        assert counted(cloud, "ec2", "ssm", "sts") == dict.fromkeys((*ONCE_EACH, "DescribeSubnets"), 2)
    assert all(offer.available for offer in made)
    assert {offer.description.rpartition(",")[2] for offer in made} == {" on demand"}
    assert {offer.price_usd_per_hour for offer in made} == {0.526, 1.006, 0.5786, 1.1066}


def test_spot_asks_one_more_thing_and_no_price_list() -> None:
    with Cloud() as cloud:
        made = offered(replace(settings(cloud), market=Market.SPOT))
        calls = counted(cloud)
    assert set(calls) == {*ONCE_EACH, "DescribeSubnets", "DescribeSpotPriceHistory", "ListServiceQuotas"}
    assert calls["DescribeSpotPriceHistory"] == 1
    prices = [offer.price_usd_per_hour for offer in made]
    assert prices == sorted(prices)
    assert all(0.1 < price < 0.526 for price in prices)


def test_what_was_seen_is_not_asked_again_until_it_is_forgotten() -> None:
    with Cloud() as cloud:
        look = RegionCache(Aws(cloud.url), settings(cloud))
        for_each(["debian-12", "debian-12", "debian-12"], lambda kind: look.image(EAST, kind))
        for _ in range(2):
            look.zones(EAST, ("g4dn.xlarge",))
            look.taken(EAST)
        assert counted(cloud) == dict.fromkeys(ONCE_EACH, 1)
        look.forget(EAST)
        look.taken(EAST)
        assert counted(cloud)["DescribeInstances"] == 2


@pytest.mark.parametrize(
    ("kind", "image", "root", "gib"),
    [
        ("debian-12", "", "/dev/xvda", 8),
        ("ubuntu-24.04", "", "/dev/sda1", 8),
        ("ubuntu-22.04", "deep-learning", "/dev/sda1", 65),
    ],
)
def test_the_image_says_its_root_device_and_size(kind: str, image: str, root: str, gib: int) -> None:
    with Cloud() as cloud:
        found = RegionCache(Aws(cloud.url), settings(cloud, image=image)).image(EAST, kind)
    assert (found.root_device, found.size_gib, found.architecture) == (root, gib, "x86_64")
    assert found.id.startswith("ami-")


def test_two_distributions_take_one_call_for_names_and_one_for_images() -> None:
    with Cloud() as cloud:
        found = RegionCache(Aws(cloud.url), settings(cloud)).images(EAST, ("debian-13", "ubuntu-22.04"))
        assert counted(cloud) == {"GetParameters": 1, "DescribeImages": 1}
    assert "debian-13" in found["debian-13"].name
    assert "jammy" in found["ubuntu-22.04"].name


def test_an_arm_type_gets_an_arm_image() -> None:
    with Cloud() as cloud:
        said = settings(cloud, types=("g5g.xlarge",))
        assert RegionCache(Aws(cloud.url), said).image(EAST, "debian-12").architecture == "aarch64"


def test_an_image_that_needs_more_than_the_disk_is_refused_with_its_size() -> None:
    with Cloud() as cloud:
        look = RegionCache(Aws(cloud.url), replace(settings(cloud, image="deep-learning"), disk_gib=50))
        with pytest.raises(InputRefusedError, match="needs a disk of 65 GiB") as refused:
            look.image(EAST, "ubuntu-24.04")
    assert "disk_gib: 65" in refused.value.hint


def test_a_parameter_that_a_region_lacks_is_named() -> None:
    with Cloud() as cloud:
        aws = Aws(cloud.url)
        with Stubber(aws.ssm(EAST)) as stub:
            stub.add_response("get_parameters", {"Parameters": [], "InvalidParameters": ["…"]})
            with pytest.raises(InputRefusedError, match="no parameter /aws/service/debian/release/12/latest"):
                RegionCache(aws, settings(cloud)).image(EAST, "debian-12")


def test_an_image_of_ones_own_is_looked_up_where_it_is_and_leaves_the_regions_without_it() -> None:
    with Cloud() as cloud:
        own = RegionCache(Aws(cloud.admin_url), settings(cloud)).image(EAST, "debian-12").id
        said = settings(cloud, image=own)
        made = offered(replace(said, regions=(WEST, EAST)))
        assert counted(cloud)["GetParameters"] == 0
        with pytest.raises(InputRefusedError, match=own):
            offered(replace(said, regions=(WEST,)))
    assert [offer.available for offer in made] == [False, *[True] * (len(made) - 1)]
    assert made[0].description.startswith("g4dn.xlarge in eu-west-1, ")
    assert own in made[0].reason


def test_what_can_never_be_had_is_refused_before_anything_is_asked() -> None:
    with Cloud() as cloud:
        for said, asked in [
            (settings(cloud, types=("p2.xlarge",)), request()),
            (settings(cloud, image="deep-learning"), request()),
            (
                settings(cloud, image="deep-learning", types=("p3dn.24xlarge",)),
                request(distribution="ubuntu-24.04"),
            ),
        ]:
            with pytest.raises(InputRefusedError):
                offered(said, asked)
        assert cloud.calls() == ()


def test_quotas_that_may_not_be_read_are_unknown_and_not_nothing() -> None:
    with Cloud(quotas=NONE_OF_G) as cloud:
        cloud.inject(Fault(action="ListServiceQuotas", code="AccessDeniedException"))
        made = offered(settings(cloud))
    assert all(offer.available for offer in made)
    assert made[0].description == "g4dn.xlarge in us-east-1a, on demand (the quota could not be read)"


def test_an_account_without_a_quota_is_told_so_and_what_to_type() -> None:
    with Cloud(quotas=NONE_OF_G) as cloud:
        (offer,) = offered(settings(cloud))
    assert not offer.available
    assert '"Running On-Demand G and VT instances" in us-east-1 is 0 vCPUs, 4 are needed' in offer.reason
    assert "--quota-code L-DB2E81BA --desired-value 4 --region us-east-1" in offer.reason


def test_what_runs_counts_against_the_quota_but_not_twice_for_the_fleet_itself() -> None:
    with Cloud(quotas={"Running On-Demand G and VT instances": 8.0}) as cloud:
        run(cloud, 2)
        said = settings(cloud)
        assert all(offer.available for offer in offered(said, request(hosts=2)))
        (short,) = offered(said, request(hosts=3))
        assert "is 8 vCPUs, 8 of them are in use, 4 are needed" in short.reason
        (other,) = offered(said, replace(request(hosts=2), owner="grace"))
        assert "8 are needed" in other.reason


def test_a_price_list_that_may_not_be_read_leaves_the_catalogs_price_with_its_date() -> None:
    with Cloud() as cloud:
        cloud.inject(Fault(action="GetProducts", code="AccessDeniedException"))
        made = offered(replace(settings(cloud), regions=(EAST, WEST)))
    assert {offer.price_usd_per_hour for offer in made} == {0.526}
    assert made[0].description == "g4dn.xlarge in us-east-1a, on demand (list price of 2026-07-20)"
    assert made[-1].description.endswith("(us-east-1's list price of 2026-07-20)")


def test_a_type_that_the_region_does_not_have_says_who_has_it() -> None:
    with Cloud() as cloud:
        made = offered(replace(settings(cloud, types=("p4de.24xlarge",)), regions=("eu-north-1",)))
    assert [offer.reason for offer in made] == ["not offered in eu-north-1; us-east-1 has it"]


def test_what_is_throttled_for_a_moment_is_asked_again() -> None:
    with Cloud() as cloud:
        for action in ("DescribeInstances", "GetProducts"):
            cloud.inject(Fault(action=action, code="ThrottlingException", status=400, times=1))
        made = offered(settings(cloud))
    assert all(offer.available and not offer.description.endswith(")") for offer in made)


@pytest.mark.parametrize("action", sorted(ONCE_EACH))
def test_who_may_not_look_is_told_so(action: str) -> None:
    with Cloud() as cloud:
        cloud.inject(Fault(action=action, code="UnauthorizedOperation", status=403))
        with pytest.raises(NotAuthorizedError):
            offered(settings(cloud))

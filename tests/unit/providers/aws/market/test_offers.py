"""Offers that follow from what the regions said."""

from dataclasses import replace

import pytest

from orchestrator.errors import InputRefusedError
from orchestrator.models import Market, Offer
from orchestrator.providers.aws.market.images import Image
from orchestrator.providers.aws.market.offers import OfferContext, RegionOfferings, compose_offers
from orchestrator.providers.aws.market.prices import Price
from orchestrator.providers.aws.market.quota import Granted
from orchestrator.providers.settings import AwsSettings

DEBIAN = Image(id="ami-1", root_device="/dev/xvda", size_gib=8, architecture="x86_64", name="debian-12")
PLENTY = Granted(
    by_name={"Running On-Demand G and VT instances": 64, "All G and VT Spot Instance Requests": 64},
    by_code={},
)
T4 = "g4dn.xlarge"


def seen(
    region: str = "us-east-1", *, types: tuple[str, ...] = (T4,), letters: str = "ab"
) -> RegionOfferings:
    """A region that offers every type in two zones."""
    zones = tuple(f"{region}{letter}" for letter in letters)
    return RegionOfferings(
        region=region,
        images={"debian-12": DEBIAN, "debian-13": DEBIAN},
        zones=dict.fromkeys(types, zones),
        quotas=PLENTY,
    )


def context(
    *regions: RegionOfferings, settings: AwsSettings | None = None, kinds: tuple[str, ...] = ("debian-12",)
) -> OfferContext:
    """One host is wanted; every type costs a dollar."""
    regions = regions or (seen(),)
    names = tuple(each.region for each in regions)
    types = tuple(dict.fromkeys(each for region in regions for each in region.zones)) or (T4,)
    settings = settings or AwsSettings(regions=names, instance_types=types)
    prices: dict[tuple[str, str], Price | None] = {
        (region, each): Price(usd_per_hour=1.0) for region in names for each in settings.instance_types
    }
    return OfferContext(settings=settings, kinds=kinds, missing=1, regions=regions, prices=prices)


def available(offers: tuple[Offer, ...]) -> list[str]:
    return [offer.description for offer in offers if offer.available]


def refused(offers: tuple[Offer, ...]) -> list[tuple[str, str]]:
    return [(offer.description, offer.reason) for offer in offers if not offer.available]


def test_an_offer_says_what_where_how_and_for_which_distribution() -> None:
    first = compose_offers(context())[0]
    assert first == Offer(
        provider="aws",
        description="g4dn.xlarge in us-east-1a, on demand",
        available=True,
        reason="",
        price_usd_per_hour=1.0,
        kind="debian-12",
        key="us-east-1/us-east-1a/g4dn.xlarge/on-demand",
    )


def test_zones_are_tried_before_types_and_types_before_regions() -> None:
    offers = compose_offers(
        context(seen(types=(T4, "g5.xlarge"), letters="ba"), seen("eu-west-1", types=(T4, "g5.xlarge")))
    )
    assert [offer.key.rpartition("/")[0] for offer in offers] == [
        "us-east-1/us-east-1a/g4dn.xlarge",
        "us-east-1/us-east-1b/g4dn.xlarge",
        "us-east-1/us-east-1a/g5.xlarge",
        "us-east-1/us-east-1b/g5.xlarge",
        "eu-west-1/eu-west-1a/g4dn.xlarge",
        "eu-west-1/eu-west-1b/g4dn.xlarge",
        "eu-west-1/eu-west-1a/g5.xlarge",
        "eu-west-1/eu-west-1b/g5.xlarge",
    ]


def test_each_distribution_has_all_of_the_offers() -> None:
    offers = compose_offers(context(kinds=("debian-12", "debian-13")))
    assert [offer.kind for offer in offers] == ["debian-12"] * 2 + ["debian-13"] * 2


def test_spot_begins_with_the_cheapest_zone_and_skips_those_without_a_price() -> None:
    settings = AwsSettings(market=Market.SPOT)
    prices = {(T4, "us-east-1a"): 0.3, (T4, "us-east-1c"): 0.2}
    region = replace(seen(letters="abc"), spot=prices)
    offers = compose_offers(context(region, settings=settings))
    assert [(offer.key, offer.price_usd_per_hour) for offer in offers if offer.available] == [
        ("us-east-1/us-east-1c/g4dn.xlarge/spot", 0.2),
        ("us-east-1/us-east-1a/g4dn.xlarge/spot", 0.3),
    ]
    assert refused(offers) == [
        (
            "g4dn.xlarge in us-east-1b, spot",
            "there is no spot price, so nothing is sold on the spot there",
        )
    ]


def test_only_the_zones_that_are_asked_for_are_offered_and_a_wrong_one_says_which_are_right() -> None:
    settings = AwsSettings(zones=("us-east-1z", "us-east-1b"))
    offers = compose_offers(context(settings=settings))
    assert available(offers) == ["g4dn.xlarge in us-east-1b, on demand"]
    assert refused(offers) == [
        (
            "g4dn.xlarge in us-east-1z, on demand",
            "not offered there: us-east-1a, us-east-1b have it",
        )
    ]


def test_zones_and_regions_that_do_not_meet_are_named() -> None:
    settings = AwsSettings(regions=("us-east-1",), zones=("eu-west-1a",))
    assert refused(compose_offers(context(settings=settings))) == [
        ("g4dn.xlarge in us-east-1, on demand", "none of the zones that are asked for is in us-east-1"),
        ("g4dn.xlarge in eu-west-1a, on demand", "eu-west-1 is not among the regions: us-east-1"),
    ]


def test_a_region_without_the_type_says_where_it_is_offered() -> None:
    nowhere = replace(seen("eu-north-1"), zones={T4: ()})
    offers = compose_offers(context(nowhere, seen("eu-west-1")))
    assert refused(offers) == [
        ("g4dn.xlarge in eu-north-1, on demand", "not offered in eu-north-1; eu-west-1 has it")
    ]
    (alone,) = compose_offers(context(nowhere))
    assert alone.reason == "not offered in eu-north-1; us-east-1 has it"


def test_an_offer_that_cannot_be_had_has_a_key_so_that_the_others_are_looked_at() -> None:
    (offer,) = compose_offers(context(replace(seen(), zones={T4: ()})))
    assert offer.key == "us-east-1//g4dn.xlarge/on-demand"


def test_too_small_a_quota_is_said_once_for_all_zones() -> None:
    none = Granted(by_name={"Running On-Demand G and VT instances": 0}, by_code={})
    (offer,) = compose_offers(context(replace(seen(), quotas=none)))
    assert offer.description == "g4dn.xlarge in us-east-1, on demand"
    assert offer.reason.startswith(
        'quota "Running On-Demand G and VT instances" in us-east-1 is 0 vCPUs, 4 are needed: aws service-quotas'
    )


def test_a_fleet_that_runs_needs_no_more_quota() -> None:
    none = Granted(by_name={"Running On-Demand G and VT instances": 0}, by_code={})
    assert len(available(compose_offers(replace(context(replace(seen(), quotas=none)), missing=0)))) == 2


def test_quotas_and_prices_that_could_not_be_read_are_said_behind_the_offer() -> None:
    unread = replace(context(replace(seen(letters="a"), quotas=None)), prices={})
    listed = Price(usd_per_hour=0.526, said="list price of 2026-07-20")
    offers = compose_offers(replace(unread, prices={("us-east-1", T4): listed}))
    assert available(offers) == [
        "g4dn.xlarge in us-east-1a, on demand (list price of 2026-07-20; the quota could not be read)"
    ]


def test_a_type_without_a_known_price_is_not_offered() -> None:
    (offer,) = compose_offers(replace(context(), prices={("us-east-1", T4): None}))
    assert "what it costs is not known" in offer.reason


def test_a_type_whose_cpu_the_image_is_not_for_is_not_offered() -> None:
    offers = compose_offers(context(seen(types=(T4, "g5g.xlarge"))))
    assert len(available(offers)) == 2
    assert refused(offers) == [
        (
            "g5g.xlarge in us-east-1, on demand",
            "ami-1 (debian-12) is for x86_64, and this type has aarch64",
        )
    ]


@pytest.mark.parametrize(
    ("image", "instance_type", "said"),
    [("", "p2.xlarge", "AWS retired it by 2025-10"), ("deep-learning", "p3dn.24xlarge", "does not drive")],
)
def test_a_type_of_the_past_beside_others_is_named(image: str, instance_type: str, said: str) -> None:
    settings = AwsSettings(image=image, instance_types=(instance_type, T4))
    offers = compose_offers(context(settings=settings))
    assert len(available(offers)) == 2
    assert said in refused(offers)[0][1]


def test_a_region_without_the_image_leaves_the_others() -> None:
    without = RegionOfferings(
        region="eu-west-1", refused=InputRefusedError("eu-west-1 has no image ami-1", "another")
    )
    offers = compose_offers(context(seen(), without))
    assert len(available(offers)) == 2
    assert refused(offers) == [("g4dn.xlarge in eu-west-1, on demand", "eu-west-1 has no image ami-1")]

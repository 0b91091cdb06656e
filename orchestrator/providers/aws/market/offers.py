"""Every way to have the hosts that are asked for, in the order in which they are tried, and why some cannot be had.

Creates and spends nothing. A price list or quotas that cannot be read keep nothing from being offered.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from platformdirs import user_cache_path

from orchestrator.errors import InputRefusedError
from orchestrator.models import LaunchRequest, Market, Offer
from orchestrator.providers.aws import reservations
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.encryption import with_key_region
from orchestrator.providers.aws.market.images import Image, never, parameter
from orchestrator.providers.aws.market.instance_types import architecture_of, row_of
from orchestrator.providers.aws.market.prices import SNAPSHOT_REGION, Price, PriceList, spot
from orchestrator.providers.aws.market.quota import Granted, Need, doubt, read_quotas, shortage
from orchestrator.providers.aws.market.region_cache import RegionCache
from orchestrator.providers.aws.placement import MARKETS, Placement
from orchestrator.providers.aws.regions import in_each
from orchestrator.providers.aws.subnets import with_subnets
from orchestrator.providers.settings import AwsSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionOfferings:
    """What one region said."""

    region: str
    refused: InputRefusedError | None = None
    """Why there is no image for the hosts; nothing else was asked then."""
    images: dict[str, Image] = field(default_factory=dict)
    """By distribution."""
    zones: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By instance type: those that offer it."""
    quotas: Granted | None = None
    """None when the quotas could not be read."""
    used: dict[str, int] = field(default_factory=dict)
    """vCPUs by the quota's name."""
    spot: dict[tuple[str, str], float] = field(default_factory=dict)
    """Dollars an hour by instance type and zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferContext:
    """What the offers are computed from."""

    settings: AwsSettings
    kinds: tuple[str, ...]
    missing: int
    """How many hosts have to be launched or started."""
    regions: tuple[RegionOfferings, ...]
    """In the order of the settings."""
    prices: dict[tuple[str, str], Price | None] = field(default_factory=dict)
    """On demand, by region and instance type."""
    reservation: reservations.Reservation | None = None
    """The one that all hosts are to run in; it counted against a quota when it was made."""


def offers(aws: Aws, settings: AwsSettings, request: LaunchRequest, cache: RegionCache) -> tuple[Offer, ...]:
    """What could be had for the request: by distribution, region, type and zone, in the order of trying.

    Zones come by name, and for spot the cheapest first.

    Raises:
        InputRefusedError: no region has the image, or it or time has passed by all of the types.
        ProviderError: EC2 refused, or cannot be reached, in every region.
    """
    kinds = tuple(dict.fromkeys(host.distribution for host in request.hosts))
    reservation, now = reservations.find_reservation(aws, settings), datetime.now(UTC)
    settings = reservations.restrict_settings(settings, reservation)
    askable = _askable(settings, kinds)

    def seen_in(region: str) -> RegionOfferings:
        try:
            found = cache.images(region, kinds)
        except InputRefusedError as error:
            return RegionOfferings(region=region, refused=error)
        return RegionOfferings(
            region=region,
            images=found,
            zones=cache.zones(region, askable),
            quotas=read_quotas(aws, region),
            used=cache.taken(region),
            spot=spot(aws, region, askable, now) if settings.market is Market.SPOT else {},
        )

    regions = in_each(aws, settings.regions, seen_in).all
    served = tuple(seen for seen in regions if seen.refused is None)
    for seen in regions if not served else ():
        if seen.refused is not None:
            raise seen.refused
    running = {name for seen in served for name in cache.running(seen.region, request.fleet, request.owner)}
    # What is played is not remembered: those prices are nobody's.
    price_file = None if settings.endpoint_url else user_cache_path("orchestrate") / "prices.json"
    listed = served if settings.market is Market.ON_DEMAND else ()
    wanted = [(seen.region, each) for seen in listed for each, zones in seen.zones.items() if zones]
    missing = sum(host.name not in running for host in request.hosts)
    reservations.refuse_too_many(reservation, missing)
    made = compose_offers(
        OfferContext(
            settings=settings,
            kinds=kinds,
            missing=missing,
            regions=regions,
            prices=PriceList(aws, price_file, now).on_demand(wanted),
            reservation=reservation,
        )
    )
    made = reservations.in_reservation(made, reservation)
    return with_subnets(aws, settings, with_key_region(settings.kms_key, made))


def compose_offers(context: OfferContext) -> tuple[Offer, ...]:
    """The offers that follow from what the regions said. Pure."""
    settings = context.settings
    return tuple(
        offer
        for kind in context.kinds
        for listed in (
            *(
                _of_type(context, seen, _Candidate(kind=kind, instance_type=each, region=seen.region))
                for seen in context.regions
                for each in settings.instance_types
            ),
            _astray(settings, kind),
        )
        for offer in listed
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """One type for one distribution in one region."""

    kind: str
    instance_type: str
    region: str

    def offer(self, market: Market, zone: str = "", *, price: Price | None = None, reason: str = "") -> Offer:
        """Without a zone it is about all of the region."""
        said = f" ({price.said})" if price is not None and price.said else ""
        return Offer(
            provider="aws",
            description=f"{self.instance_type} in {zone or self.region}, {MARKETS[market]}{said}",
            available=not reason,
            reason=reason,
            price_usd_per_hour=price.usd_per_hour if price is not None else 0.0,
            kind=self.kind,
            key=Placement(region=self.region, zone=zone, instance_type=self.instance_type, market=market).key,
        )


def _askable(settings: AwsSettings, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """The types worth asking for. Raises InputRefusedError before anybody is asked."""
    if not settings.image.startswith("ami-"):
        for kind in kinds:
            parameter(settings.image, kind, architecture_of(settings.instance_types[0]))
    reasons = {each: never(settings.image, each) for each in settings.instance_types}
    askable = tuple(each for each, reason in reasons.items() if not reason)
    if not askable:
        causes = "; ".join(f"{each}: {reason}" for each, reason in reasons.items())
        raise InputRefusedError(causes, "another type, such as g4dn.xlarge: `orchestrate plan --cloud aws`")
    return askable


def _of_type(context: OfferContext, seen: RegionOfferings, candidate: _Candidate) -> Iterator[Offer]:
    settings = context.settings
    reason = _why_not(context, seen, candidate)
    if reason:
        yield candidate.offer(settings.market, reason=reason)
        return
    offered = seen.zones[candidate.instance_type]
    priced: list[tuple[Price, str]] = []
    refused: list[Offer] = []
    for zone in sorted(_asked_zones(settings, seen.region) or offered):
        price = _price(context, seen, candidate, zone)
        if zone in offered and price is not None:
            priced.append((price, zone))
            continue
        reason = f"not offered there: {', '.join(offered)} have it"
        if zone in offered:
            reason = "there is no spot price, so nothing is sold on the spot there"
        refused.append(candidate.offer(settings.market, zone, reason=reason))
    unsure = doubt(_need(context, candidate), seen.quotas)
    for price, zone in sorted(priced, key=lambda pair: (pair[0].usd_per_hour, pair[1])):
        said = "; ".join(each for each in (price.said, unsure) if each)
        told = Price(usd_per_hour=price.usd_per_hour, said=said)
        yield candidate.offer(settings.market, zone, price=told)
    yield from refused


def _why_not(context: OfferContext, seen: RegionOfferings, candidate: _Candidate) -> str:
    """Why a region as a whole cannot serve a type; empty when it may."""
    settings, each = context.settings, candidate.instance_type
    if seen.refused is not None or (why := never(settings.image, each)):
        return seen.refused.cause if seen.refused is not None else why
    image, host = seen.images[candidate.kind], architecture_of(each)
    if image.architecture != host:
        return f"{image.id} ({image.name}) is for {image.architecture}, and this type has {host}"
    if not seen.zones[each]:
        return f"not offered in {seen.region}{_elsewhere(context, each)}"
    if settings.zones and not _asked_zones(settings, seen.region):
        return f"none of the zones that are asked for is in {seen.region}"
    if settings.market is Market.ON_DEMAND and context.prices[seen.region, each] is None:
        return "what it costs is not known: neither the price list nor the catalog has one price"
    return "" if context.reservation else shortage(_need(context, candidate), seen.quotas, seen.used)


def _need(context: OfferContext, candidate: _Candidate) -> Need:
    return Need(
        instance_type=candidate.instance_type,
        market=context.settings.market,
        region=candidate.region,
        hosts=context.missing,
    )


def _price(context: OfferContext, seen: RegionOfferings, candidate: _Candidate, zone: str) -> Price | None:
    if context.settings.market is Market.ON_DEMAND:
        return context.prices[seen.region, candidate.instance_type]
    if context.settings.market is Market.CAPACITY_BLOCK:
        return Price(usd_per_hour=0.0)
    usd = seen.spot.get((candidate.instance_type, zone))
    return None if usd is None else Price(usd_per_hour=usd)


def _asked_zones(settings: AwsSettings, region: str) -> tuple[str, ...]:
    return tuple(zone for zone in settings.zones if zone[:-1] == region)


def _elsewhere(context: OfferContext, instance_type: str) -> str:
    having = [seen.region for seen in context.regions if seen.zones.get(instance_type)]
    row = row_of(instance_type)
    if not having and row is not None and row.us_east_1 and SNAPSHOT_REGION not in context.settings.regions:
        having = [SNAPSHOT_REGION]
    return f"; {', '.join(having)} has it" if having else ""


def _astray(settings: AwsSettings, kind: str) -> Iterator[Offer]:
    """Zones that are asked for and lie in no region that is."""
    for zone in settings.zones:
        region = zone[:-1]
        if region not in settings.regions:
            candidate = _Candidate(kind=kind, instance_type=settings.instance_types[0], region=region)
            reason = f"{region} is not among the regions: {', '.join(settings.regions)}"
            yield candidate.offer(settings.market, zone, reason=reason)

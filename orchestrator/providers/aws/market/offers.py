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
from orchestrator.providers.aws.cloud import Aws
from orchestrator.providers.aws.encryption import where_the_key_is
from orchestrator.providers.aws.market.images import Image, never, parameter
from orchestrator.providers.aws.market.instance_types import architecture_of, row_of
from orchestrator.providers.aws.market.look import Look
from orchestrator.providers.aws.market.prices import SNAPSHOT_REGION, Price, PriceList, spot
from orchestrator.providers.aws.market.quota import Granted, Need, doubt, granted, shortage
from orchestrator.providers.aws.placement import MARKETS, Placement
from orchestrator.providers.aws.regions import in_each
from orchestrator.providers.aws.subnets import with_subnets
from orchestrator.providers.settings import AwsSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one region said."""

    region: str
    refused: InputRefusedError | None = None
    """Why there is no image for the hosts; nothing else was asked then."""
    images: dict[str, Image] = field(default_factory=dict)
    """By distribution."""
    zones: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By instance type: those that offer it."""
    granted: Granted | None = None
    """None when the quotas could not be read."""
    used: dict[str, int] = field(default_factory=dict)
    """vCPUs by the quota's name."""
    spot: dict[tuple[str, str], float] = field(default_factory=dict)
    """Dollars an hour by instance type and zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the offers follow from."""

    settings: AwsSettings
    kinds: tuple[str, ...]
    missing: int
    """How many hosts have to be launched or started."""
    regions: tuple[Seen, ...]
    """In the order of the settings."""
    prices: dict[tuple[str, str], Price | None] = field(default_factory=dict)
    """On demand, by region and instance type."""
    reservation: reservations.Reservation | None = None
    """The one that all hosts are to run in; it counted against a quota when it was made."""


def offers(aws: Aws, settings: AwsSettings, request: LaunchRequest, look: Look) -> tuple[Offer, ...]:
    """What could be had for the request: by distribution, region, type and zone, in the order of trying.

    Zones come by name, and for spot the cheapest first.

    Raises:
        InputRefusedError: no region has the image, or it or time has passed by all of the types.
        ProviderError: EC2 refused, or cannot be reached, in every region.
    """
    kinds = tuple(dict.fromkeys(host.distribution for host in request.hosts))
    reservation, now = reservations.reserved(aws, settings), datetime.now(UTC)
    settings = reservations.narrowed(settings, reservation)
    askable = _askable(settings, kinds)

    def seen_in(region: str) -> Seen:
        try:
            found = look.images(region, kinds)
        except InputRefusedError as error:
            return Seen(region=region, refused=error)
        return Seen(
            region=region,
            images=found,
            zones=look.zones(region, askable),
            granted=granted(aws, region),
            used=look.taken(region),
            spot=spot(aws, region, askable, now) if settings.market is Market.SPOT else {},
        )

    regions = in_each(aws, settings.regions, seen_in).all
    served = tuple(seen for seen in regions if seen.refused is None)
    for seen in regions if not served else ():
        if seen.refused is not None:
            raise seen.refused
    running = {name for seen in served for name in look.running(seen.region, request.fleet, request.owner)}
    # What is played is not remembered: those prices are nobody's.
    cache = None if settings.endpoint_url else user_cache_path("orchestrate") / "prices.json"
    listed = served if settings.market is Market.ON_DEMAND else ()
    wanted = [(seen.region, each) for seen in listed for each, zones in seen.zones.items() if zones]
    missing = sum(host.name not in running for host in request.hosts)
    reservations.refuse_too_many(reservation, missing)
    made = composed(
        Ground(
            settings=settings,
            kinds=kinds,
            missing=missing,
            regions=regions,
            prices=PriceList(aws, cache, now).on_demand(wanted),
            reservation=reservation,
        )
    )
    made = reservations.in_reservation(made, reservation)
    return with_subnets(aws, settings, where_the_key_is(settings.kms_key, made))


def composed(ground: Ground) -> tuple[Offer, ...]:
    """The offers that follow from what the regions said. Pure."""
    settings = ground.settings
    return tuple(
        offer
        for kind in ground.kinds
        for listed in (
            *(
                _of_type(ground, seen, _Way(kind=kind, instance_type=each, region=seen.region))
                for seen in ground.regions
                for each in settings.instance_types
            ),
            _astray(settings, kind),
        )
        for offer in listed
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
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


def _of_type(ground: Ground, seen: Seen, way: _Way) -> Iterator[Offer]:
    settings = ground.settings
    reason = _why_not(ground, seen, way)
    if reason:
        yield way.offer(settings.market, reason=reason)
        return
    offered = seen.zones[way.instance_type]
    priced: list[tuple[Price, str]] = []
    refused: list[Offer] = []
    for zone in sorted(_asked_zones(settings, seen.region) or offered):
        price = _price(ground, seen, way, zone)
        if zone in offered and price is not None:
            priced.append((price, zone))
            continue
        reason = f"not offered there: {', '.join(offered)} have it"
        if zone in offered:
            reason = "there is no spot price, so nothing is sold on the spot there"
        refused.append(way.offer(settings.market, zone, reason=reason))
    unsure = doubt(_need(ground, way), seen.granted)
    for price, zone in sorted(priced, key=lambda pair: (pair[0].usd_per_hour, pair[1])):
        said = "; ".join(each for each in (price.said, unsure) if each)
        told = Price(usd_per_hour=price.usd_per_hour, said=said)
        yield way.offer(settings.market, zone, price=told)
    yield from refused


def _why_not(ground: Ground, seen: Seen, way: _Way) -> str:
    """Why a region as a whole cannot serve a type; empty when it may."""
    settings, each = ground.settings, way.instance_type
    if seen.refused is not None or (why := never(settings.image, each)):
        return seen.refused.cause if seen.refused is not None else why
    image, host = seen.images[way.kind], architecture_of(each)
    if image.architecture != host:
        return f"{image.id} ({image.name}) is for {image.architecture}, and this type has {host}"
    if not seen.zones[each]:
        return f"not offered in {seen.region}{_elsewhere(ground, each)}"
    if settings.zones and not _asked_zones(settings, seen.region):
        return f"none of the zones that are asked for is in {seen.region}"
    if settings.market is Market.ON_DEMAND and ground.prices[seen.region, each] is None:
        return "what it costs is not known: neither the price list nor the catalog has one price"
    return "" if ground.reservation else shortage(_need(ground, way), seen.granted, seen.used)


def _need(ground: Ground, way: _Way) -> Need:
    return Need(
        instance_type=way.instance_type,
        market=ground.settings.market,
        region=way.region,
        hosts=ground.missing,
    )


def _price(ground: Ground, seen: Seen, way: _Way, zone: str) -> Price | None:
    if ground.settings.market is Market.ON_DEMAND:
        return ground.prices[seen.region, way.instance_type]
    if ground.settings.market is Market.CAPACITY_BLOCK:
        return Price(usd_per_hour=0.0)
    usd = seen.spot.get((way.instance_type, zone))
    return None if usd is None else Price(usd_per_hour=usd)


def _asked_zones(settings: AwsSettings, region: str) -> tuple[str, ...]:
    return tuple(zone for zone in settings.zones if zone[:-1] == region)


def _elsewhere(ground: Ground, instance_type: str) -> str:
    having = [seen.region for seen in ground.regions if seen.zones.get(instance_type)]
    row = row_of(instance_type)
    if not having and row is not None and row.us_east_1 and SNAPSHOT_REGION not in ground.settings.regions:
        having = [SNAPSHOT_REGION]
    return f"; {', '.join(having)} has it" if having else ""


def _astray(settings: AwsSettings, kind: str) -> Iterator[Offer]:
    """Zones that are asked for and lie in no region that is."""
    for zone in settings.zones:
        region = zone[:-1]
        if region not in settings.regions:
            way = _Way(kind=kind, instance_type=settings.instance_types[0], region=region)
            reason = f"{region} is not among the regions: {', '.join(settings.regions)}"
            yield way.offer(settings.market, zone, reason=reason)

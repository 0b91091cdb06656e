"""Where and as what a host is launched, and the key of an offer that says so. Pure."""

from dataclasses import dataclass

from orchestrator.models import Market

MARKETS = {
    Market.ON_DEMAND: "on demand",
    Market.SPOT: "spot",
    Market.CAPACITY_BLOCK: "in a Capacity Block",
}
"""In words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """One thing that EC2 can be asked for."""

    region: str
    zone: str
    """`us-east-1a`; empty when it is about the whole region, where nothing can be launched."""
    instance_type: str
    market: Market

    @property
    def key(self) -> str:
        """`us-east-1/us-east-1a/g4dn.xlarge/spot`: what `Offer.key` holds."""
        return f"{self.region}/{self.zone}/{self.instance_type}/{self.market}"

    def __str__(self) -> str:
        """`g4dn.xlarge in us-east-1a, spot`."""
        return f"{self.instance_type} in {place(self.zone or self.region, self.market)}"


def placement_of(key: str) -> Placement | None:
    """What the key of an offer means; None when it is no such key."""
    parts = key.split("/")
    if len(parts) != 4 or parts[3] not in set(Market):
        return None
    region, zone, instance_type, market = parts
    return Placement(region=region, zone=zone, instance_type=instance_type, market=Market(market))


def place(where: str, market: Market) -> str:
    """`us-east-1a, spot`; what is paid for in the usual way goes without saying."""
    return where if market is Market.ON_DEMAND else f"{where}, {MARKETS[market]}"

"""What an hour costs: on demand from AWS's price list, on the spot from each zone's history, or else the catalog's dated price.

US dollars, Linux, shared tenancy; disks, addresses and traffic come on top. Never takes an ambiguous answer for a price.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict

from orchestrator.computer.files import write_atomically
from orchestrator.errors import OrchestrateError, ProviderError
from orchestrator.providers.aws.clients import Aws, aws_errors
from orchestrator.providers.aws.market.instance_types import row_of
from orchestrator.waiting import for_each

SNAPSHOT_REGION = "us-east-1"
"""The region of the catalog's prices."""

KEPT_FOR = timedelta(hours=24)
"""Prices on demand change a few times a year."""

_LINUX = "Linux/UNIX"


class _Dimension(TypedDict):
    unit: str
    pricePerUnit: dict[str, str]


class _Term(TypedDict):
    priceDimensions: dict[str, _Dimension]


class _Attributes(TypedDict):
    attributes: dict[str, str]


class _Product(TypedDict):
    """What is read of a product of the price list."""

    product: _Attributes
    terms: dict[str, dict[str, _Term]]


class _Entry(TypedDict):
    """A price as the file has it."""

    usd_per_hour: float
    read_at: str
    """ISO 8601, with a time zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a host costs."""

    usd_per_hour: float
    said: str = ""
    """`list price of 2026-07-20`: where it comes from when AWS could not be asked; empty when AWS said so."""


class PriceList:
    """Prices on demand, read once a day.

    Args:
        aws: the account.
        cache: the file that remembers them; None to remember nothing.
        now: with a time zone.
    """

    def __init__(self, aws: Aws, cache: Path | None, now: datetime) -> None:
        self._aws = aws
        self._cache = cache
        self._now = now

    def on_demand(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Price | None]:
        """By (region, instance type); None where nobody knows a price. Raises nothing of AWS's."""
        wanted = tuple(dict.fromkeys(wanted))
        kept = self._kept()
        asked_for = [pair for pair in wanted if _key(pair) not in kept]
        answers = zip(asked_for, for_each(asked_for, self._asked), strict=True)
        read_at = self._now.isoformat()
        fresh = {
            _key(pair): _Entry(usd_per_hour=usd, read_at=read_at) for pair, usd in answers if usd is not None
        }
        known = kept | fresh
        if fresh:
            self._keep(known)
        return {
            pair: Price(usd_per_hour=known[_key(pair)]["usd_per_hour"])
            if _key(pair) in known
            else snapshot(*pair)
            for pair in wanted
        }

    def _asked(self, pair: tuple[str, str]) -> float | None:
        """None when the list cannot be read, or has no price or several."""
        region, instance_type = pair
        wanted = {
            "instanceType": instance_type,
            "regionCode": region,
            "operatingSystem": "Linux",
            "tenancy": "Shared",
            "preInstalledSw": "NA",
            "capacitystatus": "Used",
        }
        try:
            with aws_errors(f"the price of a {instance_type} in {region}"):
                pages = self._aws.pricing.get_paginator("get_products").paginate(
                    ServiceCode="AmazonEC2",
                    FormatVersion="aws_v1",
                    Filters=[
                        {"Type": "TERM_MATCH", "Field": field, "Value": value}
                        for field, value in wanted.items()
                    ],
                )
                return one_price(product for page in pages for product in page["PriceList"])
        except ProviderError:
            return None

    def _kept(self) -> dict[str, _Entry]:
        """What the file has from the last day; empty when it is missing or broken."""
        try:
            entries = json.loads(self._cache.read_bytes()) if self._cache else {}
            return {
                str(key): _Entry(usd_per_hour=price, read_at=entry["read_at"])
                for key, entry in entries.items()
                if (price := float(entry["usd_per_hour"])) > 0
                and math.isfinite(price)
                and timedelta(0) <= self._now - datetime.fromisoformat(entry["read_at"]) < KEPT_FOR
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return {}

    def _keep(self, entries: Mapping[str, _Entry]) -> None:
        if self._cache is None:
            return
        try:
            self._cache.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._cache, json.dumps(entries, indent=1, sort_keys=True).encode())
        except (OSError, OrchestrateError):
            return  # asked again next time


def one_price(products: Iterable[str]) -> float | None:
    """The price an hour of products as GetProducts gives them, each a JSON text; None when none can be read, or several.

    Rows that cost nothing are no prices: the list is known to have some for types that do cost.
    """
    try:
        prices = {usd for text in products for usd in _hourly(json.loads(text))}
    except (ValueError, TypeError, KeyError, AttributeError):  # a list of another form
        return None
    return prices.pop() if len(prices) == 1 else None


def snapshot(region: str, instance_type: str) -> Price | None:
    """The catalog's price on demand, and that it is one; None when it has none."""
    row = row_of(instance_type)
    if row is None or not row.usd_per_hour:
        return None
    whose = "" if region == SNAPSHOT_REGION else f"{SNAPSHOT_REGION}'s "
    return Price(usd_per_hour=row.usd_per_hour, said=f"{whose}list price of {row.price_date}")


def spot(aws: Aws, region: str, types: Iterable[str], now: datetime) -> dict[tuple[str, str], float]:
    """The spot price now, by (instance type, zone). A zone that is not in it offers no spot.

    Raises:
        ProviderError: AWS refused.
    """
    with aws_errors(f"a look at the spot prices in {region}"):
        pages = (
            aws.ec2(region)
            .get_paginator("describe_spot_price_history")
            .paginate(InstanceTypes=list(types), ProductDescriptions=[_LINUX], StartTime=now)  # type: ignore[arg-type]
        )
        entries = [entry for page in pages for entry in page["SpotPriceHistory"]]
    entries.sort(key=lambda entry: entry["Timestamp"])  # the latest wins
    return {
        (str(entry["InstanceType"]), entry["AvailabilityZone"]): float(entry["SpotPrice"])
        for entry in entries
    }


def _hourly(product: _Product) -> Iterator[float]:
    if product["product"]["attributes"].get("marketoption", "OnDemand") != "OnDemand":
        return
    for term in product["terms"].get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            usd = float(dimension["pricePerUnit"].get("USD", 0))
            if dimension["unit"] == "Hrs" and usd > 0:
                yield usd


def _key(pair: tuple[str, str]) -> str:
    return "/".join(pair)

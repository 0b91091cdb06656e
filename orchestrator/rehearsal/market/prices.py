"""Prices: AWS's price list and the history of spot prices, made from the catalog's prices. moto has none of its own."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

from orchestrator.catalog import load
from orchestrator.catalog.rows import Ec2Type
from orchestrator.rehearsal.api.replies import Refused, Reply, as_json, ec2, element
from orchestrator.rehearsal.api.request import ApiRequest, filters, listed

_HOME = "us-east-1"
_DEARER_ELSEWHERE = 1.1
"""A price in another region, beside us-east-1's: about what they differ by."""

_NAMES = {
    "us-east-1": "US East (N. Virginia)",
    "us-west-2": "US West (Oregon)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-west-1": "EU (Ireland)",
}
_LINUX = "Linux/UNIX"


def get_products(request: ApiRequest) -> Reply:
    """A page of the price list, of the same shape as AWS's.

    Raises:
        Refused: the list has no endpoint in the region that the request is signed for.
    """
    if request.region != _HOME:
        raise Refused("InvalidParameterException", f"the price list is not served in {request.region}")
    given = request.given
    if given.get("ServiceCode") != "AmazonEC2":
        return as_json({"FormatVersion": "aws_v1", "PriceList": []})
    wanted = {each["Field"]: each["Value"] for each in given.get("Filters", [])}
    entries = [
        each
        for row in load().ec2_types
        if wanted.get("instanceType", row.instance_type) == row.instance_type
        for region in _NAMES
        for each in _products(row, region)
        if _fits(each, wanted)
    ]
    start, most = int(given.get("NextToken") or 0), int(given.get("MaxResults") or 100)
    answer: dict[str, Any] = {
        "FormatVersion": "aws_v1",
        "PriceList": [json.dumps(each) for each in entries[start : start + most]],
    }
    if start + most < len(entries):
        answer["NextToken"] = str(start + most)
    return as_json(answer)


def describe_spot_price_history(request: ApiRequest) -> Reply:
    """A price for every zone that offers the type, as of now."""
    wanted = listed(request.parameters, "InstanceType")
    narrowed = filters(request.parameters)
    wanted = wanted or narrowed.get("instance-type", ())
    zones = narrowed.get("availability-zone", ())
    zone = request.parameters.get("AvailabilityZone", "")
    offered = INSTANCE_TYPE_OFFERINGS["availability-zone"].get(request.region, [])
    rows = {row.instance_type: row for row in load().ec2_types}
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    items = [
        "<item>"
        + element("instanceType", each["InstanceType"])
        + element("productDescription", _LINUX)
        + element("spotPrice", f"{spot_price(rows[each['InstanceType']], each['Location']):.6f}")
        + element("timestamp", now)
        + element("availabilityZone", each["Location"])
        + "</item>"
        for each in offered
        if each["InstanceType"] in rows
        and rows[each["InstanceType"]].usd_per_hour
        and (not wanted or each["InstanceType"] in wanted)
        and (not zones or each["Location"] in zones)
        and zone in {"", each["Location"]}
    ]
    return ec2(request.action, f"<spotPriceHistorySet>{''.join(items)}</spotPriceHistorySet><nextToken/>")


def on_demand(row: Ec2Type, region: str) -> float:
    """US dollars an hour."""
    return round(row.usd_per_hour * (1 if region == _HOME else _DEARER_ELSEWHERE), 6)


def spot_price(row: Ec2Type, zone: str) -> float:
    """Between 30 and 60 % of the price on demand, another for each zone, and always the same."""
    share = int(hashlib.sha256(f"{row.instance_type}{zone}".encode()).hexdigest()[:4], 16) / 0xFFFF
    return on_demand(row, zone[:-1]) * (0.3 + 0.3 * share)


def _products(row: Ec2Type, region: str) -> list[dict[str, Any]]:
    """The row that is meant, and two that are not: nothing is charged for `AllocatedHost`, and Windows costs more."""
    usd = on_demand(row, region)
    return [
        _product(row, region, {"operatingSystem": "Linux", "capacitystatus": "Used"}, usd),
        _product(row, region, {"operatingSystem": "Linux", "capacitystatus": "AllocatedHost"}, 0.0),
        _product(row, region, {"operatingSystem": "Windows", "capacitystatus": "Used"}, usd * 1.5),
    ]


def _product(row: Ec2Type, region: str, kind: dict[str, str], usd: float) -> dict[str, Any]:
    sku = hashlib.sha256(repr((row.instance_type, region, kind)).encode()).hexdigest()[:16].upper()
    offer = f"{sku}.JRTCKXETXF"
    dimension = {
        "rateCode": f"{offer}.6YS6EN2CT7",
        "unit": "Hrs",
        "beginRange": "0",
        "endRange": "Inf",
        "appliesTo": [],
        "description": f"${usd:.10f} per On Demand {kind['operatingSystem']} {row.instance_type} Instance Hour",
        "pricePerUnit": {"USD": f"{usd:.10f}"},
    }
    attributes = {
        "instanceType": row.instance_type,
        "regionCode": region,
        "location": _NAMES[region],
        "locationType": "AWS Region",
        "servicecode": "AmazonEC2",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "marketoption": "OnDemand",
        "vcpu": str(row.vcpus),
        **kind,
    }
    term = {
        "offerTermCode": "JRTCKXETXF",
        "sku": sku,
        "effectiveDate": "2026-11-01T00:00:00Z",
        "termAttributes": {},
        "priceDimensions": {f"{offer}.6YS6EN2CT7": dimension},
    }
    return {
        "product": {"productFamily": "Compute Instance", "sku": sku, "attributes": attributes},
        "serviceCode": "AmazonEC2",
        "terms": {"OnDemand": {offer: term}},
        "version": "20261101000000",
        "publicationDate": "2026-11-01T00:00:00Z",
    }


def _fits(entry: dict[str, Any], wanted: dict[str, str]) -> bool:
    attributes = entry["product"]["attributes"]
    return all(attributes.get(field) == value for field, value in wanted.items())

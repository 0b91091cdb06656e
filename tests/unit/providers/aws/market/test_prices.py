"""Prices: what counts as one, and where it is said to come from."""

import json

import pytest

from orchestrator.providers.aws.market.prices import Price, one_price, snapshot


def product(*usd: str, unit: str = "Hrs", market: str = "OnDemand") -> str:
    """A product as GetProducts gives it, with a dimension for each price."""
    dimensions = {
        f"SKU.TERM.{n}": {"unit": unit, "pricePerUnit": {"USD": each}} for n, each in enumerate(usd)
    }
    return json.dumps(
        {
            "product": {"attributes": {"instanceType": "g4dn.xlarge", "marketoption": market}},
            "terms": {"OnDemand": {"SKU.TERM": {"priceDimensions": dimensions}}},
        }
    )


@pytest.mark.parametrize(
    ("products", "price"),
    [
        ((product("0.5260000000"),), 0.526),
        ((product("0.5260000000"), product("0.0000000000")), 0.526),
        ((product("0.526"), product("0.526")), 0.526),
        ((product("0.526"), product("0.999", market="CapacityBlock")), 0.526),
        ((product("0.526"), product("0.7")), None),
        ((product("0.526", "0.7"),), None),
        ((product("0.0000000000"),), None),
        ((product("100", unit="Quantity"),), None),
        ((), None),
    ],
)
def test_a_price_is_the_one_that_costs_something_an_hour(
    products: tuple[str, ...], price: float | None
) -> None:
    assert one_price(products) == price


@pytest.mark.parametrize("text", ["{}", "[]", '{"product": {"attributes": {}}}', "not json"])
def test_a_product_that_cannot_be_read_has_no_price(text: str) -> None:
    assert one_price([text]) is None


def test_the_catalog_says_of_its_price_when_and_where_it_was_read() -> None:
    assert snapshot("us-east-1", "g4dn.xlarge") == Price(usd_per_hour=0.526, said="list price of 2026-07-20")
    elsewhere = snapshot("eu-west-1", "g4dn.xlarge")
    assert elsewhere is not None
    assert elsewhere.said == "us-east-1's list price of 2026-07-20"


@pytest.mark.parametrize("instance_type", ["p5e.48xlarge", "m5.large"])
def test_a_type_without_a_price_in_the_catalog_has_none(instance_type: str) -> None:
    assert snapshot("us-east-1", instance_type) is None

"""What the small sums of `smoke` have to come to, and where. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from workloads.result import Check, check

GREETING = ("Hello, ", "world!")
FACTORS = (123, 456)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A matrix product on one device, compared with NumPy's."""

    asked: str
    place: str
    error: float
    """The largest error of an element, as a share of what float32 allows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Towers:
    """A sum of parts, each computed on a device of its own, compared with NumPy's."""

    asked: tuple[str, ...]
    """The device of each part; one device twice where the framework has no other."""
    places: tuple[str, ...]
    total: tuple[float, ...]
    expected: tuple[float, ...]


def check_greeting(seen: str) -> Check:
    """Bytes go through the framework unharmed."""
    expected = "".join(GREETING)
    reason = "" if seen == expected else "the text came back changed"
    return check("hello_world", reason, seen=seen, expected=expected)


def check_multiplication(seen: float) -> Check:
    """123 times 456."""
    expected = FACTORS[0] * FACTORS[1]
    reason = "" if seen == expected else f"{FACTORS[0]} x {FACTORS[1]} is {expected}"
    return check("multiplication", reason, seen=f"{seen:.10g}", expected=str(expected))


def check_products(products: Sequence[Product]) -> Check:
    """Every device computed the matrix product that was placed there, each element as near as float32 allows."""
    asked = ", ".join(product.asked for product in products)
    reasons = [
        f"what {product.asked} was asked for was computed on {product.place}"
        if product.place != product.asked
        else f"{product.asked} differs from NumPy"
        for product in products
        # Not `>`: an error that is not a number must fail too.
        if product.place != product.asked or not product.error <= 1
    ]
    return check(
        "placed_matmul",
        "; ".join(reasons) if products else "no device multiplied",
        seen=", ".join(f"{product.place}: {product.error:.2%} of the tolerance" for product in products),
        expected=f"within the tolerance on {asked}",
    )


def check_towers(towers: Towers) -> Check:
    """Each device computed its own part, and the parts add up. Small whole numbers: nothing is rounded anywhere."""
    right = (towers.total, towers.places) == (towers.expected, towers.asked)
    # PyTorch has one CPU: without a GPU its sum shows that parts add up, and nothing about several devices.
    alone = ", the only device of this framework here" if len(set(towers.asked)) == 1 else ""
    return check(
        "multi_tower_sum",
        "" if right and len(towers.asked) > 1 else "it differs",
        seen=f"{_numbers(towers.total)} from {', '.join(towers.places)}",
        expected=f"{_numbers(towers.expected)} from {', '.join(towers.asked)}{alone}",
    )


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in values)

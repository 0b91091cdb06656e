"""Power: what cards, CPU and the rest take, over hours and for an instant, against the power supply. Pure."""

from collections import Counter

from orchestrator.catalog.catalog import Catalog
from orchestrator.catalog.desktop import DesktopCard
from orchestrator.fit.machine.machine import Check, Machine, State

SOLD_W = (450, 550, 650, 750, 850, 1000, 1200, 1300, 1500, 1600, 2000)
"""Ratings of power supplies that are sold."""


def supply_check(card: DesktopCard, count: int, machine: Machine, catalog: Catalog) -> Check:
    """The rating against the load over hours, and against what the card's maker asks."""
    load, asked = _load(card, count, machine, catalog), _asked(card, count)
    need = _rated(card, count, machine, catalog)
    share = catalog.fit_constant("load_share").value
    said = "by the card's maker" if asked >= need else f"{load} W are to be no more than {share:.0%} of it"
    parts = f"{count} x {card.power_w} W, CPU {_cpu(machine, catalog)} W, the rest {catalog.fit_constant('rest_w').value:g} W"
    have = machine.power_supply_w
    return Check(
        name="power supply",
        state=State.OK if have >= need else State.FAILED,
        have=f"{have} W",
        need=f"{need} W, {said}",
        reason=f"{parts}; {card.source} ({card.confidence})",
        buy="" if have >= need else _supply(need),
    )


def peak_check(card: DesktopCard, count: int, machine: Machine, catalog: Catalog) -> Check:
    """What cards take for less than a millisecond, all at once, against what the supply bears without switching off."""
    times = catalog.fit_constant("peak_times")
    bears = catalog.fit_constant("atx3_peak" if machine.atx >= 3 else "atx2_peak")
    peak = round(_load(card, count, machine, catalog) + count * card.power_w * (times.value - 1))
    have = round(machine.power_supply_w * bears.value)
    fits = have >= peak
    bearing = max(
        round(peak / catalog.fit_constant("atx3_peak").value), _rated(card, count, machine, catalog)
    )
    return Check(
        name="power peaks",
        state=State.OK if fits else State.FAILED,
        have=f"{have} W for an instant ({bears.value:g} times the rating, ATX {machine.atx})",
        need=f"{peak} W",
        reason=f"{times.value:g} times its {card.power_w} W: {times.source} ({times.confidence})",
        buy="" if fits else f"a power supply of ATX 3, which bears twice its rating, of {_rating(bearing)} W",
    )


def circuit_check(card: DesktopCard, count: int, machine: Machine, catalog: Catalog) -> Check | None:
    """What hangs on one circuit of 120 V; None where that is no question."""
    load = _load(card, count, machine, catalog)
    row = catalog.fit_constant("household_w")
    if load <= row.value:
        return None
    return Check(
        name="mains",
        state=State.NARROW,
        have=f"{row.value:g} W ({row.meaning})",
        need=f"{load} W",
        reason=f"{row.source}; {row.note}",
        buy="a circuit of 230 V, or one of 20 A",
    )


def connector_check(card: DesktopCard, count: int, machine: Machine) -> Check:
    """The plugs of each card, its own ones first, those of the adapter in its box where there are none."""
    free = Counter(machine.connectors or ())
    have = ", ".join(f"{number} x {name}" for name, number in sorted(free.items())) or "none"
    if not card.connectors:
        return Check(name="connectors", state=State.OK, have=have, need="none: the slot feeds it")
    ways = []
    for _ in range(count):
        way = next(
            (wanted for wanted in (card.connectors, card.adapter) if wanted and _take(free, wanted)), None
        )
        ways.append(way)
    need = f"{count} x ({_listed(card.connectors)})" + (
        f", or by its adapter {_listed(card.adapter)}" if card.adapter else ""
    )
    missing = ways.count(None)
    by_adapter = any(way == card.adapter and way != card.connectors for way in ways if way)
    return Check(
        name="connectors",
        state=State.FAILED if missing else State.OK,
        have=have,
        need=need,
        reason="each plug of the adapter wants a cable of its own" if by_adapter else card.note,
        buy=f"a power supply with {count} x {_listed(card.connectors)}" if missing else "",
    )


def _take(free: "Counter[str]", wanted: tuple[str, ...]) -> bool:
    """Take the plugs out of those that are free; False, and none taken, where one is missing."""
    left = free.copy()
    for name in wanted:
        fitting = next(
            (each for each in ((name, "8-pin") if name == "6-pin" else (name,)) if left[each]), None
        )
        if fitting is None:
            return False
        left[fitting] -= 1
    free.clear()
    free.update(left)
    return True


def _listed(names: tuple[str, ...]) -> str:
    return " + ".join(f"{number} x {name}" if number > 1 else name for name, number in Counter(names).items())


def _cpu(machine: Machine, catalog: Catalog) -> int:
    return machine.cpu_w or int(catalog.fit_constant("cpu_w").value)


def _load(card: DesktopCard, count: int, machine: Machine, catalog: Catalog) -> int:
    return count * card.power_w + _cpu(machine, catalog) + int(catalog.fit_constant("rest_w").value)


def _asked(card: DesktopCard, count: int) -> int:
    """What the maker asks for one card, with the power of each further one; 0 where it does not say."""
    return card.power_supply_w + (count - 1) * card.power_w if card.power_supply_w else 0


def _rated(card: DesktopCard, count: int, machine: Machine, catalog: Catalog) -> int:
    """The rating that is needed for hours of training."""
    share = catalog.fit_constant("load_share").value
    return max(round(_load(card, count, machine, catalog) / share), _asked(card, count))


def _rating(need: int) -> int:
    return next((each for each in SOLD_W if each >= need), need)


def _supply(need: int) -> str:
    if need > SOLD_W[-1]:
        return f"two power supplies, or fewer cards: none is sold for {need} W"
    return f"a power supply of {_rating(need)} W"

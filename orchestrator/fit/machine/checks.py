"""Every check of a machine with its cards, of what was said of it. Pure."""

from collections.abc import Iterator
from math import ceil

from orchestrator.catalog.catalog import Catalog
from orchestrator.catalog.desktop import DesktopCard
from orchestrator.fit.machine.machine import Check, Machine, State
from orchestrator.fit.machine.power import circuit_check, connector_check, peak_check, supply_check

GB_PER_LANE = {1: 0.25, 2: 0.5, 3: 0.985, 4: 1.969, 5: 3.938, 6: 7.563}
"""GB/s in one direction: transfers a second by the encoding, as PCI Express Base Specification has them."""
WIDTHS = (16, 8, 4, 2, 1)
FEWEST_LANES = 4
"""With fewer, what feeds the card takes longer than most training steps."""


def checks(card: DesktopCard, count: int, machine: Machine, catalog: Catalog) -> tuple[Check, ...]:
    """What can be said of what was given, in the order in which one builds."""
    return tuple(_checks(card, count, machine, catalog))


def _checks(card: DesktopCard, count: int, machine: Machine, catalog: Catalog) -> Iterator[Check]:
    if machine.power_supply_w:
        yield supply_check(card, count, machine, catalog)
        yield peak_check(card, count, machine, catalog)
        if mains := circuit_check(card, count, machine, catalog):
            yield mains
    if machine.connectors is not None:
        yield connector_check(card, count, machine)
    if machine.case_length_mm:
        yield _length(card, machine, catalog)
    if machine.slots:
        yield _slots(card, count, machine)
    if machine.pcie_lanes:
        yield _lanes(card, count, machine)
    if card.cooling == "passive":
        yield Check(
            name="cooling",
            state=State.FAILED,
            have="a case of a desktop",
            need="air that is blown through the card",
            reason=f"{card.gpu} has no fan: a server's fans cool it",
            buy="a blower with a shroud for this card, or a card with fans",
        )


def _length(card: DesktopCard, machine: Machine, catalog: Catalog) -> Check:
    have = machine.case_length_mm
    spread = catalog.fit_constant("length_spread_mm")
    if not card.length_mm:
        return Check(
            name="length",
            state=State.UNKNOWN,
            have=f"{have} mm",
            need="as the card's own data sheet says",
            reason=f"{card.note or 'no reference card is known'}: partners' cards differ",
            buy=f"a card whose data sheet says {have} mm or less",
        )
    need = f"{card.length_mm} mm (reference card)"
    longest = card.length_mm + int(spread.value)
    if have < card.length_mm:
        return Check(
            name="length",
            state=State.FAILED,
            have=f"{have} mm",
            need=need,
            reason=f"{card.source} ({card.confidence})",
            buy=f"a case for cards of {card.length_mm} mm, better {longest} mm",
        )
    if have < longest:
        return Check(
            name="length",
            state=State.NARROW,
            have=f"{have} mm",
            need=need,
            reason=f"partners' cards are up to {longest} mm long ({spread.source})",
            buy=f"a card whose data sheet says {have} mm or less",
        )
    return Check(
        name="length",
        state=State.OK,
        have=f"{have} mm",
        need=need,
        reason=f"{card.source} ({card.confidence})",
    )


def _slots(card: DesktopCard, count: int, machine: Machine) -> Check:
    have = f"{machine.slots} free"
    if not card.slots:
        return Check(
            name="slots",
            state=State.UNKNOWN,
            have=have,
            need="as the card's own data sheet says",
            reason=card.note,
            buy=f"a card that covers {max(1, machine.slots // count)} slots or fewer",
        )
    need = count * card.slots
    fits = machine.slots >= need
    return Check(
        name="slots",
        state=State.OK if fits else State.FAILED,
        have=have,
        need=f"{need} ({count} x {card.slots}, reference card)",
        reason="partners' cards may cover one more",
        buy=""
        if fits
        else f"a case and a mainboard with {need} slots, or cards of {machine.slots // count or 1}",
    )


def _lanes(card: DesktopCard, count: int, machine: Machine) -> Check:
    each = machine.pcie_lanes // count
    width = next((lanes for lanes in WIDTHS if lanes <= min(each, card.pcie_lanes)), 0)
    generation = min(machine.pcie_generation or card.pcie_generation, card.pcie_generation)
    speed, best = width * GB_PER_LANE[generation], card.pcie_lanes * GB_PER_LANE[card.pcie_generation]
    need = f"{count} x {card.pcie_lanes} lanes of PCIe {card.pcie_generation}.0"
    have = f"{machine.pcie_lanes} lanes of PCIe {generation}.0: x{width} for each card, {speed:.1f} of {best:.1f} GB/s"
    if width >= card.pcie_lanes and generation == card.pcie_generation:
        return Check(name="PCIe", state=State.OK, have=have, need=need)
    if width < FEWEST_LANES:
        state, buy = State.FAILED, f"a CPU and mainboard with {ceil(count * 8)} lanes for cards"
    else:
        state, buy = State.NARROW, ""
    return Check(
        name="PCIe",
        state=state,
        have=have,
        need=need,
        reason="training that reads little for each step hardly notices; several cards add their gradients up over these lanes",
        buy=buy,
    )

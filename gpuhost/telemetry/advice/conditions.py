"""What of a snapshot is a fault by itself, without what was before. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gpuhost.telemetry.advice.table import PAGES_FOR_REPLACEMENT
from gpuhost.telemetry.snapshot import HUNG, LOST, MISMATCH, NO_CARD, NO_DRIVER, OK, Card, Snapshot

_OF_HOSTS = {NO_DRIVER: "driver", MISMATCH: "mismatch", HUNG: "hung"}


@dataclass(frozen=True)
class Finding:
    """A row of the table that holds."""

    key: str
    detail: str


def of_host(snapshot: Snapshot) -> Iterator[Finding]:
    """What is wrong with the host as a whole."""
    if snapshot.state not in {OK, NO_CARD}:
        yield Finding(_OF_HOSTS.get(snapshot.state, "unreadable"), snapshot.why)


def of_card(card: Card, most_links: int, widest: int) -> Iterator[Finding]:
    """What is wrong with a card.

    Args:
        card: as it was read.
        most_links: NVLinks that were up at once.
        widest: lanes that it had at once; a card in a narrow slot has no more at any time.
    """
    if card.state != OK:
        yield Finding("lost" if card.state == LOST else "unreadable", card.error)
        return
    yield from _memory(card)
    yield from _held_back(card)
    if card.recovery_action not in {None, "none"}:
        yield Finding("recovery", str(card.recovery_action))
    if card.nvlinks_active is not None and card.nvlinks_active < most_links:
        yield Finding("nvlink-down", f"{card.nvlinks_active} of {most_links}")
    if card.pcie_width is not None and 0 < card.pcie_width < widest:
        yield Finding("pcie-narrow", f"{card.pcie_width} of {widest}")
    for process in card.processes:
        if process.state == "D":
            yield Finding("stuck-process", f"process {process.pid} ({process.command or '?'})")
            return


def _memory(card: Card) -> Iterator[Finding]:
    if card.ecc_uncorrected_volatile:
        yield Finding("ecc-uncorrected", str(card.ecc_uncorrected_volatile))
    if card.row_remap_pending:
        yield Finding("row-remap-pending", "")
    if card.row_remap_failed:
        yield Finding("row-remap-failed", "")
    if card.page_retirement_pending:
        yield Finding("page-retirement-pending", "")
    if (card.pages_retired or 0) >= PAGES_FOR_REPLACEMENT:
        yield Finding("pages-retired", str(card.pages_retired))


def _held_back(card: Card) -> Iterator[Finding]:
    """By heat or by its power supply. The power cap and set clocks are everyday reasons."""
    reasons = card.throttle_reasons or ()
    heat = "? °C" if card.temperature_c is None else f"{card.temperature_c} °C"
    slowdown = card.temperature_slowdown_c
    above = slowdown is not None and card.temperature_c is not None and card.temperature_c >= slowdown
    if "too warm (hardware)" in reasons or above:
        yield Finding("too-hot", heat)
    elif "too warm (software)" in reasons:
        yield Finding("warm", heat)
    if "power brake" in reasons:
        yield Finding("power-brake", "power brake")
    elif "hardware slowdown" in reasons and "too warm (hardware)" not in reasons and not above:
        yield Finding("power-brake", "hardware slowdown")

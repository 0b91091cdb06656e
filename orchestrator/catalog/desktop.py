"""What a card asks of the machine that it is put into. Values only."""

from dataclasses import dataclass

from orchestrator.models import Confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class DesktopCard:
    """A board as its maker sells or describes it; what partners build of the same chip differs in length, width and connectors."""

    gpu: str
    """Its name in the table of GPUs."""
    power_w: int
    """Board power: the most that it takes over more than a moment."""
    length_mm: int = 0
    """Of the reference card; 0 where there is none or it is not known."""
    slots: int = 0
    """Expansion slots that it covers; 0 where it is not known."""
    connectors: tuple[str, ...] = ()
    """`6-pin`, `8-pin`, `12-pin`, `16-pin` (12VHPWR, 12V-2x6), `EPS-8-pin` (that of a CPU); none for power from the slot alone."""
    adapter: tuple[str, ...] = ()
    """Plugs that the adapter in the card's box takes instead; none where none comes with it."""
    power_supply_w: int = 0
    """What the maker asks of the power supply, with a fast CPU beside it; 0 where it does not say."""
    pcie_generation: int
    pcie_lanes: int
    """Lanes that are wired: an x16 card of eight lanes has 8."""
    cooling: str
    """`fan`, or `passive` for cards that a server's fans blow through."""
    source: str
    confidence: Confidence
    note: str = ""

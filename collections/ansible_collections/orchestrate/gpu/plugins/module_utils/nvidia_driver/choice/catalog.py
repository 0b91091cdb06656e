"""What is seen, what is wanted and what the catalog knows, as the choice takes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.kernel.flavours import built_as


@dataclass(frozen=True, eq=False)
class Architecture:
    """A generation of cards, and the drivers that know it: one row of the catalog, equal to itself alone."""

    architecture: str
    first_branch: str
    newest_branch: str
    flavours: Sequence[str]
    """Kernel modules that work with it: `open`, `proprietary`."""
    ids: Mapping[str, str]
    """PCI device ids, `1eb8`, or ranges of them, `1e00-1fff` -> the card's name."""
    needs: Mapping[str, str] = field(default_factory=dict)
    """Releases of TensorFlow that work on them, the newest first -> the version of the driver that each needs."""
    nvswitch_from: int = 0
    """So many of them are connected by NVSwitch; 0 for never. Those of NVLink 5 are not on the host's PCI bus."""
    nvlink5: bool = False
    """Their NVSwitch needs packages of its own."""

    def has(self, device_id: str) -> bool:
        """Whether a card with this device id is of this generation."""
        return any(
            first <= device_id <= (last or first)
            for first, _dash, last in (one.partition("-") for one in self.ids)
        )

    def knows(self, branch: str) -> bool:
        """Whether drivers of this branch know it."""
        return int(self.first_branch) <= int(branch) <= int(self.newest_branch)

    @property
    def branches(self) -> str:
        """The drivers that know it, in words."""
        return f"branches {self.first_branch} to {self.newest_branch}"


@dataclass(frozen=True)
class Card:
    """A card on the bus."""

    address: str
    device_id: str
    name: str
    """`Tesla T4`; its id where the catalog has no name for it."""


@dataclass(frozen=True)
class Seen:
    """What the host shows."""

    cards: tuple[Card, ...]
    nvswitches: int
    secure_boot: bool
    loaded: str
    """Version of the driver that the kernel has loaded; empty for none."""
    kernel_flavours: tuple[str, ...] = ()
    """Of the kernels that boot, as their packages are named, that of the running one first."""


@dataclass(frozen=True)
class Driver:
    """A driver that can be had."""

    branch: str
    flavour: str
    source: str
    """`distro` or `nvidia_repo`."""
    packages: Sequence[str]
    """As the catalog has them, with X."""
    version: str = ""
    """The newest that is known to be there; empty where that is not known."""
    cpus: Sequence[str] = ()
    """What it is there for."""
    fabric_manager: Sequence[str] = ()
    """What NVSwitches need besides; empty where the source has none."""
    nvlink5: Sequence[str] = ()
    """What those of NVLink 5 need on top; empty where the source has none."""
    prebuilt: Sequence[str] = ()
    """Kernel flavours, `aws`, for which the distribution builds and signs the modules."""
    newest_branch: str = ""
    """The newest that every card of the host works with; empty where that is not known. Set by the choice."""


@dataclass(frozen=True)
class Wish:
    """What is wanted, and what the catalog knows."""

    branch: str
    flavour: str
    source: str
    """All three `auto` where the role is to choose."""
    force: bool
    container: bool
    secure_boot: str
    """`refuse`, `sign` or `ignore`."""
    distribution: str
    """In words: `Debian 12`."""
    architectures: tuple[Architecture, ...]
    drivers: tuple[Driver, ...]
    """What there is for the distribution and the machine, the best first."""

    @property
    def names(self) -> dict[str, str]:
        """Device id -> name, for the cards that the catalog names."""
        return {device_id: name for one in self.architectures for device_id, name in one.ids.items()}


def wish_of(given: Mapping[str, Any]) -> Wish:
    """The wish that the role passes."""
    architectures = tuple(Architecture(**row) for row in given["architectures"])
    drivers = tuple(Driver(**row) for row in given["drivers"])
    return Wish(**{**given, "architectures": architectures, "drivers": drivers})


def seen_of(given: Mapping[str, Any], names: Mapping[str, str]) -> Seen:
    """What the host shows, its cards with the names that the catalog has for them."""
    cards = (
        Card(one["address"], one["device_id"], names.get(one["device_id"], f"10de:{one['device_id']}"))
        for one in given["cards"]
    )
    flavours = tuple(built_as(one) for one in given.get("kernel_flavours", ()))
    return Seen(tuple(cards), given["nvswitches"], given["secure_boot"], given["loaded"], flavours)

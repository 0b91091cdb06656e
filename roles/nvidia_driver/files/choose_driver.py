"""Look at the host and choose the NVIDIA driver for it. Runs on the host; changes nothing there.

    python3 choose_driver.py '<wish as JSON>'

Prints one JSON object: what was seen, and the driver that was chosen, null where none is wanted. Cards are found on the
PCI bus itself, so no program has to be there. What cannot work is refused with the facts that contradict each other.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

PCI = Path("/sys/bus/pci/devices")
EFI_VARIABLES = Path("/sys/firmware/efi/efivars")
LOADED = Path("/sys/module/nvidia/version")

NVIDIA, DISPLAY, BRIDGE = "0x10de", "0x03", "0x0680"
"""PCI vendor, and the classes of graphics cards and of NVSwitches."""


class ChoiceError(Exception):
    """Ends the script with a cause and a next step, one line each."""

    def __init__(self, cause: str, hint: str) -> None:
        super().__init__(f"{cause}\n  try: {hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A generation of cards, and the drivers that know it."""

    architecture: str
    first_branch: str
    newest_branch: str
    flavours: tuple[str, ...]
    """Kernel modules that work with it: `open`, `proprietary`."""
    ids: tuple[str, ...]
    """PCI device ids, `1eb8`, or ranges of them, `1e00-1fff`."""
    needs: Mapping[str, str]
    """Releases of TensorFlow that work on them, the newest first -> the version of the driver that each needs."""
    nvswitch_from: int = 0
    """So many of them are connected by NVSwitch; 0 for never. Those of NVLink 5 are not on the host's PCI bus."""
    nvlink5: bool = False
    """Their NVSwitch needs packages of its own."""

    def has(self, device_id: str) -> bool:
        """Whether a card with this device id is of this generation."""
        return any(
            first <= device_id <= (last or first)
            for first, _, last in (one.partition("-") for one in self.ids)
        )

    def knows(self, branch: str) -> bool:
        """Whether drivers of this branch know it."""
        return int(self.first_branch) <= int(branch) <= int(self.newest_branch)

    @property
    def branches(self) -> str:
        """The drivers that know it, in words."""
        return f"branches {self.first_branch} to {self.newest_branch}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card on the bus."""

    address: str
    device_id: str
    name: str
    """`Tesla T4`; its id where the catalog has no name for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the host shows."""

    cards: tuple[Card, ...]
    nvswitches: int
    secure_boot: bool
    loaded: str
    """Version of the driver that the kernel has loaded; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A driver that can be had."""

    branch: str
    flavour: str
    source: str
    """`distro` or `nvidia_repo`."""
    packages: tuple[str, ...]
    """As the catalog has them, with X."""
    version: str
    """The newest that is known to be there; empty where that is not known."""
    fabric_manager: tuple[str, ...]
    """What NVSwitches need besides; empty where the source has none."""
    nvlink5: tuple[str, ...]
    """What those of NVLink 5 need on top; empty where the source has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
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
    names: dict[str, str]
    """Device id -> name, for the cards that the catalog names."""
    drivers: tuple[Driver, ...]
    """What there is for the distribution."""
    order: tuple[str, ...]
    """Branch, modules and source of each driver that there is for the machine, the best first: `580 open nvidia_repo`."""


def parse_wish(text: str) -> Wish:
    """The wish that the role sends."""
    given = json.loads(text)
    architectures = (
        Architecture(**(one | {"ids": tuple(one["ids"]), "flavours": tuple(one["flavours"])}))
        for one in given["architectures"]
    )
    fabric_managers, versions = given.pop("fabric_managers"), given.pop("versions")
    drivers = []
    for name in given["order"]:
        branch, flavour, source = name.split()
        fabric = fabric_managers.get(branch, {}).get(source, {})
        drivers.append(
            Driver(
                branch=branch,
                source=source,
                flavour=flavour,
                packages=tuple(given["branches"][branch][source][flavour]),
                version=versions.get(branch, {}).get(source, {}).get(flavour, ""),
                fabric_manager=tuple(fabric.get("nvswitch", ())),
                nvlink5=tuple(fabric.get("nvlink5", ())),
            )
        )
    del given["branches"]
    lists = {
        "architectures": tuple(architectures),
        "drivers": tuple(drivers),
        "order": tuple(given["order"]),
    }
    return Wish(**(given | lists))


def look(names: Mapping[str, str]) -> Seen:
    """What is on the host."""
    devices = [
        (device.name, read(device / "class"), read(device / "device").removeprefix("0x"))
        for device in sorted(PCI.glob("*"))
        if read(device / "vendor") == NVIDIA
    ]
    secure_boot = [path.read_bytes()[-1:] for path in EFI_VARIABLES.glob("SecureBoot-*")]
    return Seen(
        cards=tuple(
            Card(address=address, device_id=device_id, name=names.get(device_id, f"10de:{device_id}"))
            for address, kind, device_id in devices
            if kind.startswith(DISPLAY)
        ),
        nvswitches=sum(kind.startswith(BRIDGE) for _, kind, _ in devices),
        secure_boot=b"\x01" in secure_boot,
        loaded=read(LOADED),
    )


def choose(seen: Seen, wish: Wish) -> Driver | None:
    """The driver for this host; None where none is wanted. Raises ChoiceError where none can be."""
    if not wish.force and not seen.cards:
        return None
    if not wish.force and wish.container:
        raise ChoiceError(
            f"{cards_in_words(seen.cards)} is to be seen here, but this is a container: its kernel is its computer's",
            "install the driver on that computer and hand the card in, or set nvidia_driver_force",
        )
    if seen.secure_boot and wish.secure_boot == "refuse" and not seen.loaded:
        raise ChoiceError(
            "Secure Boot is on: the kernel loads no driver that is not signed with a key it knows",
            "set nvidia_driver_secure_boot to sign and enrol the key as the role then says, or switch Secure Boot off",
        )
    needs = {card: architecture_of(card, wish) for card in seen.cards}
    assert_possible(needs)
    suiting = [driver for driver in wish.drivers if suits(driver, needs, wish)]
    switches = nvswitches(seen, needs)
    offered = [driver for driver in suiting if has_fabric(driver, switches)]
    if not offered:
        raise refusal(seen, needs, suiting, wish)
    return with_fabric(min(new_enough(offered, needs, wish), key=wish.drivers.index), switches)


def nvswitches(seen: Seen, needs: Mapping[Card, Architecture | None]) -> str:
    """How the cards are connected: `nvlink5`, `nvswitch`, or empty where they are not by NVSwitch.

    NVSwitches before NVLink 5 are devices of the PCI bus; the others are known by the cards that stand with them.
    """
    for group in {need.ids: need for need in needs.values() if need and need.nvswitch_from}.values():
        if sum(need is not None and need.ids == group.ids for need in needs.values()) >= group.nvswitch_from:
            return "nvlink5" if group.nvlink5 else "nvswitch"
    return "nvswitch" if seen.nvswitches else ""


def has_fabric(driver: Driver, switches: str) -> bool:
    """Whether the source has what the NVSwitches need in this branch."""
    return not switches or bool(driver.fabric_manager and (driver.nvlink5 or switches == "nvswitch"))


def with_fabric(driver: Driver, switches: str) -> Driver:
    """The driver with what the NVSwitches of this host need, and nothing where there are none."""
    fabric_manager = driver.fabric_manager if switches else ()
    return replace(
        driver, fabric_manager=fabric_manager, nvlink5=driver.nvlink5 if switches == "nvlink5" else ()
    )


def new_enough(
    offered: Sequence[Driver], needs: Mapping[Card, Architecture | None], wish: Wish
) -> Sequence[Driver]:
    """Those on which the newest TensorFlow runs that works on every card; all, where there is none or the branch is wished."""
    groups = {need.ids: need for need in needs.values() if need}.values()
    if wish.branch != "auto" or not groups:
        return offered
    for release in next(iter(groups)).needs:
        if all(release in group.needs for group in groups):
            least = max(number(group.needs[release]) for group in groups)
            found = [driver for driver in offered if number(driver.version) >= least]
            if found:
                return found
    return offered


def number(version: str) -> tuple[int, ...]:
    """`555.42.02` as numbers that compare."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def suits(driver: Driver, needs: Mapping[Card, Architecture | None], wish: Wish) -> bool:
    """Whether it is as wished, and every card works with it."""
    as_wished = all(
        wished in ("auto", had)
        for wished, had in (
            (wish.branch, driver.branch),
            (wish.flavour, driver.flavour),
            (wish.source, driver.source),
        )
    )
    return as_wished and all(
        need is None or (need.knows(driver.branch) and driver.flavour in need.flavours)
        for need in needs.values()
    )


def architecture_of(card: Card, wish: Wish) -> Architecture | None:
    """The card's generation; None for a card that only the user knows, who says what it needs."""
    for architecture in wish.architectures:
        if architecture.has(card.device_id):
            return architecture
    if "auto" in (wish.branch, wish.flavour):
        raise ChoiceError(
            f"the catalog does not know the card {card.name} at {card.address}",
            "set nvidia_driver_branch and nvidia_driver_flavour to what its maker says",
        )
    return None


def assert_possible(needs: Mapping[Card, Architecture | None]) -> None:
    """Raises ChoiceError where two cards can never have one driver."""
    known = [(card, need) for card, need in needs.items() if need]
    for one, its in known:
        for other, others in known:
            if int(its.newest_branch) < int(others.first_branch):
                raise ChoiceError(
                    f"no driver serves both {one.name} ({its.branches}) and {other.name} ({others.branches})",
                    "take one of the two cards out, or hand it to a virtual machine",
                )
            if not set(its.flavours) & set(others.flavours):
                raise ChoiceError(
                    f"no kernel module serves both {one.name} ({' or '.join(its.flavours)})"
                    f" and {other.name} ({' or '.join(others.flavours)})",
                    "take one of the two cards out, or hand it to a virtual machine",
                )


def refusal(
    seen: Seen, needs: Mapping[Card, Architecture | None], suiting: Sequence[Driver], wish: Wish
) -> ChoiceError:
    """Why there is no driver, told by the first thing that stands in the way."""
    there = sorted({f"{driver.branch} {driver.flavour} ({driver.source})" for driver in wish.drivers})
    for card, need in needs.items():
        if need and wish.branch != "auto" and not need.knows(wish.branch):
            return ChoiceError(
                f"{card.name} is {need.architecture}, which {need.branches} know; branch {wish.branch} does not",
                "set nvidia_driver_branch to auto, or to one that knows the card",
            )
        if need and wish.flavour not in ("auto", *need.flavours):
            return ChoiceError(
                f"{card.name} is {need.architecture}, which works with {' or '.join(need.flavours)} kernel modules alone",
                "set nvidia_driver_flavour to auto",
            )
    if suiting:
        return ChoiceError(
            f"{seen.nvswitches or 'the'} NVSwitches need a fabric manager, which {' and '.join(sorted({one.source for one in suiting}))} has not",
            "set nvidia_driver_source to nvidia_repo",
        )
    wanted = ", ".join(sorted({f"{card.name} ({need.branches})" for card, need in needs.items() if need}))
    return ChoiceError(
        f"for {wish.distribution} there is no driver with branch {wish.branch}, flavour {wish.flavour}, source {wish.source}"
        + (f" that serves {wanted}" if wanted else ""),
        f"choose of what there is, {', '.join(there) or 'nothing'}, or another distribution",
    )


def cards_in_words(cards: Sequence[Card]) -> str:
    """`Tesla T4` or `2 x Tesla T4, H100 PCIe`."""
    return ", ".join(counted(sorted(card.name for card in cards)))


def counted(names: Sequence[str]) -> Iterator[str]:
    """Each name once, with how often it is there."""
    for name in dict.fromkeys(names):
        count = names.count(name)
        yield f"{count} x {name}" if count > 1 else name


def in_words(seen: Seen, driver: Driver | None) -> str:
    """The choice in one line."""
    if not driver:
        return "No NVIDIA card is on the PCI bus: nothing to do. Set nvidia_driver_force to install a driver all the same."
    source = "NVIDIA's repository" if driver.source == "nvidia_repo" else "the distribution"
    cards = cards_in_words(seen.cards) or "No card, forced"
    return f"{cards}: driver {driver.branch} with {driver.flavour} kernel modules, from {source}."


def read(path: Path) -> str:
    """The file's one line; empty where there is none."""
    return path.read_text(encoding="ascii").strip() if path.is_file() else ""


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    (subject,) = arguments
    wish = parse_wish(subject)
    seen = look(wish.names)
    try:
        driver = choose(seen, wish)
    except ChoiceError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    answer: dict[str, Any] = asdict(seen) | {
        "says": in_words(seen, driver),
        "driver": driver and asdict(driver),
    }
    sys.stdout.write(json.dumps(answer) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Choose the driver for a host. What cannot work is refused with the facts that contradict each other. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.choice.catalog import (
    Architecture,
    Card,
    Driver,
    Seen,
    Wish,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError


def choose(seen: Seen, wish: Wish) -> Driver | None:
    """The driver for this host; None where none is wanted. Raises HostError where none can be."""
    if not wish.force and not seen.cards:
        return None
    if not wish.force and wish.container:
        raise HostError(
            f"{cards_in_words(seen.cards)} is to be seen here, but this is a container: its kernel is its computer's",
            "install the driver on that computer and hand the card in, or set nvidia_driver_force",
        )
    needs = {card: architecture_of(card, wish) for card in seen.cards}
    assert_possible(needs)
    suiting = [driver for driver in wish.drivers if suits(driver, needs, wish)]
    switches = nvswitches(seen, needs)
    offered = [driver for driver in suiting if has_fabric(driver, switches)]
    if not offered:
        raise refusal(seen, needs, suiting, wish)
    fitting = with_signature(offered, seen) if needs_signature(seen, wish) else offered
    best = min(new_enough(fitting, needs, wish), key=wish.drivers.index)
    newest = min((need.newest_branch for need in needs.values() if need), key=int, default="")
    return replace(with_fabric(best, switches), newest_branch=newest)


def needs_signature(seen: Seen, wish: Wish) -> bool:
    """Whether only modules that the distribution signed will do: Secure Boot is on, and nobody is to enrol a key."""
    return seen.secure_boot and wish.secure_boot == "refuse" and not seen.loaded


def with_signature(offered: Sequence[Driver], seen: Seen) -> Sequence[Driver]:
    """Those with modules that the distribution builds and signs for the kernel that runs. Raises HostError where none has."""
    found = [driver for driver in offered if is_signed(driver, seen)]
    if found:
        return found
    built = sorted({flavour for driver in offered for flavour in driver.prebuilt})
    there = f", and signed modules are known for kernels {', '.join(built)} alone" if built else ""
    runs = f"; this one is {seen.kernel_flavours[0]}" if built and seen.kernel_flavours else ""
    raise HostError(
        f"Secure Boot is on: the kernel loads no driver that is not signed with a key it knows{there}{runs}",
        "set nvidia_driver_secure_boot to sign and enrol the key as the role then says, or switch Secure Boot off",
    )


def is_signed(driver: Driver, seen: Seen) -> bool:
    """Whether the distribution builds and signs the driver's modules for the flavour of the kernel that runs."""
    return bool(seen.kernel_flavours) and seen.kernel_flavours[0] in driver.prebuilt


def nvswitches(seen: Seen, needs: Mapping[Card, Architecture | None]) -> str:
    """How the cards are connected: `nvlink5`, `nvswitch`, or empty where they are not by NVSwitch.

    NVSwitches before NVLink 5 are devices of the PCI bus; the others are known by the cards that stand with them.
    """
    for group, count in Counter(need for need in needs.values() if need).items():
        if 0 < group.nvswitch_from <= count:
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
    groups = list(dict.fromkeys(need for need in needs.values() if need))
    if wish.branch != "auto" or not groups:
        return offered
    for release in groups[0].needs:
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
    wished = ((wish.branch, driver.branch), (wish.flavour, driver.flavour), (wish.source, driver.source))
    return all(one in ("auto", had) for one, had in wished) and all(
        need is None or (need.knows(driver.branch) and driver.flavour in need.flavours)
        for need in needs.values()
    )


def architecture_of(card: Card, wish: Wish) -> Architecture | None:
    """The card's generation; None for a card that only the user knows, who says what it needs."""
    for architecture in wish.architectures:
        if architecture.has(card.device_id):
            return architecture
    if "auto" in (wish.branch, wish.flavour):
        raise HostError(
            f"the catalog does not know the card {card.name} at {card.address}",
            "set nvidia_driver_branch and nvidia_driver_flavour to what its maker says",
        )
    return None


def assert_possible(needs: Mapping[Card, Architecture | None]) -> None:
    """Raises HostError where two cards can never have one driver."""
    known = [(card, need) for card, need in needs.items() if need]
    for one, its in known:
        for other, others in known:
            if int(its.newest_branch) < int(others.first_branch):
                raise HostError(
                    f"no driver serves both {one.name} ({its.branches}) and {other.name} ({others.branches})",
                    "take one of the two cards out, or hand it to a virtual machine",
                )
            if not set(its.flavours) & set(others.flavours):
                raise HostError(
                    f"no kernel module serves both {one.name} ({' or '.join(its.flavours)})"
                    f" and {other.name} ({' or '.join(others.flavours)})",
                    "take one of the two cards out, or hand it to a virtual machine",
                )


def refusal(
    seen: Seen, needs: Mapping[Card, Architecture | None], suiting: Sequence[Driver], wish: Wish
) -> HostError:
    """Why there is no driver, told by the first thing that stands in the way."""
    there = sorted({f"{driver.branch} {driver.flavour} ({driver.source})" for driver in wish.drivers})
    for card, need in needs.items():
        if need and wish.branch != "auto" and not need.knows(wish.branch):
            return HostError(
                f"{card.name} is {need.architecture}, which {need.branches} know; branch {wish.branch} does not",
                "set nvidia_driver_branch to auto, or to one that knows the card",
            )
        if need and wish.flavour not in ("auto", *need.flavours):
            return HostError(
                f"{card.name} is {need.architecture}, which works with {' or '.join(need.flavours)} kernel modules alone",
                "set nvidia_driver_flavour to auto",
            )
    if suiting:
        return HostError(
            f"{seen.nvswitches or 'the'} NVSwitches need a fabric manager, which {' and '.join(sorted({one.source for one in suiting}))} has not",
            "set nvidia_driver_source to nvidia_repo",
        )
    wanted = ", ".join(sorted({f"{card.name} ({need.branches})" for card, need in needs.items() if need}))
    return HostError(
        f"for {wish.distribution} there is no driver with branch {wish.branch}, flavour {wish.flavour}, source {wish.source}"
        + (f" that serves {wanted}" if wanted else ""),
        f"choose of what there is, {', '.join(there) or 'nothing'}, or another distribution",
    )


def cards_in_words(cards: Sequence[Card]) -> str:
    """`Tesla T4` or `2 x Tesla T4, H100 PCIe`."""
    counts = Counter(sorted(card.name for card in cards))
    return ", ".join(f"{count} x {name}" if count > 1 else name for name, count in counts.items())


def in_words(seen: Seen, driver: Driver | None) -> str:
    """The choice in one line."""
    if not driver:
        return "No NVIDIA card is on the PCI bus: nothing to do. Set nvidia_driver_force to install a driver all the same."
    source = "NVIDIA's repository" if driver.source == "nvidia_repo" else "the distribution"
    cards = cards_in_words(seen.cards) or "No card, forced"
    built = f" and built there for kernel {seen.kernel_flavours[0]}" if is_signed(driver, seen) else ""
    return f"{cards}: driver {driver.branch} with {driver.flavour} kernel modules, from {source}{built}."

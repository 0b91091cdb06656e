"""A host's cards: what they are in the catalog, and what keeps them from being all that they could be. Pure."""

from collections.abc import Iterator

from orchestrator.catalog import Catalog, UnknownGpuError
from orchestrator.errors import UsageError
from orchestrator.models import Card, Hardware, HostFacts
from orchestrator.stages.preflight.finding import Finding

CAPPED_BELOW = 0.99
"""Of the card's own power limit. Drivers round to a watt or so."""


class UnknownCardError(UsageError):
    """A card that the catalog knows neither by its PCI device id nor by the name that its driver gives it."""


def hardware(facts: HostFacts, catalog: Catalog) -> Hardware:
    """What a stack for this host is to be resolved for.

    Raises:
        UnknownCardError: the catalog does not know one of the cards.
    """
    return Hardware(
        gpus=tuple(_name(facts, card, catalog) for card in facts.cards),
        distribution=facts.distribution,
        architecture=facts.architecture,
    )


def card_findings(facts: HostFacts) -> Iterator[Finding]:
    """Cards that a virtual machine has, that may not draw their power, or that have fewer lanes than they were made for."""
    withheld = [card for card in facts.cards if card.driver_in_use == "vfio-pci"]
    for card in withheld:
        yield Finding(
            f"{_label(card)} is set aside for virtual machines (vfio-pci)",
            "take its id out of `vfio-pci.ids` on the kernel's command line and in /etc/modprobe.d, then restart the host",
            blocks=len(withheld) == len(facts.cards),
        )
    for card in facts.cards:
        yield from _split(card)
        limit, default = card.power_limit_w, card.power_default_w
        if limit is not None and default is not None and limit < default * CAPPED_BELOW:
            yield Finding(
                f"{_label(card)} may draw {limit:g} W of its {default:g} W: it will be slower than others of its kind",
                f"sudo nvidia-smi --id={card.address} --power-limit={default:g}",
            )
        width, width_max = card.pcie_width, card.pcie_width_max
        if width is not None and width_max is not None and width < width_max:
            yield Finding(
                f"{_label(card)} has {width} of its {width_max} PCIe lanes: data will reach it slower",
                "put it firmly into a slot with all lanes; on a rented machine nothing can be done",
            )


def _split(card: Card) -> Iterator[Finding]:
    """A card in MIG mode is no GPU to CUDA: its instances are, each with its share, and a program gets one of them."""
    if card.mig_instances == 0:
        yield Finding(
            f"{_label(card)} is in MIG mode and has no instance: CUDA finds no GPU on it",
            f"sudo nvidia-smi --id={card.address} mig --create-gpu-instance 0 --default-compute-instance, or switch it off: "
            f"sudo nvidia-smi --id={card.address} --multi-instance-gpu=0",
            blocks=True,
        )
    elif card.mig_instances:
        yield Finding(
            f"{_label(card)} is split into {card.mig_instances} MIG instances: a training gets one of them, with its share of the"
            " memory",
            "set CUDA_VISIBLE_DEVICES to the instance that is meant; `nvidia-smi -L` lists them",
        )


def _name(facts: HostFacts, card: Card, catalog: Catalog) -> str:
    device = catalog.device(card.device_id)
    if device is not None:
        return catalog.gpu_of(device).gpu
    try:
        return catalog.gpu(card.name).gpu
    except UnknownGpuError as error:
        named = f", which its driver calls {card.name!r}," if card.name else ""
        raise UnknownCardError(
            f"{facts.host}: the catalog does not know the card 10de:{card.device_id} at {card.address}{named}",
            "find out which older card it is like (`lspci -nn -d 10de:` on the host) and name that one: "
            f"`orchestrate resolve --gpu NAME --distribution {facts.distribution}`",
        ) from error


def _label(card: Card) -> str:
    return f"{card.name or f'card 10de:{card.device_id}'} at {card.address}"

"""Every card under all of its names: the rows of the table of GPUs, and the PCI devices that are not in it. Pure.

A name that fits cards between which an answer differs is refused as ambiguous, never settled by an order.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from orchestrator.catalog import names
from orchestrator.catalog.cards import mig, suggestions
from orchestrator.catalog.cards.entries import Entry, ambiguous, closest, of_device
from orchestrator.catalog.cards.name_parser import BOARD, FORM, ParsedName, parse, words
from orchestrator.catalog.cards.unsupported import UnknownGpuError, refuse_unsupported
from orchestrator.catalog.rows import Gpu, PciDevice

_MEMORY = re.compile(r"(\d+)gi?b")


class Index:
    """Finds cards by name.

    Args:
        gpus: the table of GPUs.
        devices: the table of PCI devices.
    """

    def __init__(self, gpus: Sequence[Gpu], devices: Sequence[PciDevice]) -> None:
        self._rows = {gpu.gpu: gpu for gpu in gpus}
        self._by_id = {device.device_id: device for device in devices}
        self._aliases = {alias: gpu for gpu in gpus for alias in gpu.aliases}
        self._found: dict[str, Gpu] = {}
        self._devices: dict[str, tuple[PciDevice, ...]] = {}

    @cached_property
    def _entries(self) -> tuple[Entry, ...]:
        """Every card under each of its names. Made when the first name is looked up that is no row's own."""
        entries = []
        without = dict(self._rows)
        for device in self._by_id.values():
            row = self._rows.get(device.gpu)
            without.pop(device.gpu, None)
            for name in dict.fromkeys((device.name, device.gpu or device.name)):
                named = frozenset(parse(name).words)
                entries.append(Entry(words=named, gpu=of_device(device, row), device=device))
        entries += [
            Entry(words=frozenset(parse(name).words), gpu=row, device=None) for name, row in without.items()
        ]
        return tuple(entries)

    def find(self, text: str) -> Gpu:
        """The card that a name means; of a slice of a card its share.

        Raises:
            UnknownGpuError: there is none, or it is nothing that the catalog is about.
            AmbiguousGpuError: there are several, between which answers differ.
        """
        if text not in self._found:
            written = parse(text)
            card = self._rows.get(text) or self._card(text, written)
            self._found[text] = mig.share(card, written.mig) if written.mig else card
        return self._found[text]

    def device(self, device_id: str) -> PciDevice | None:
        """The device with this id; None for an unknown one."""
        return self._by_id.get(device_id)

    def name_of(self, device: PciDevice) -> str:
        """What the card with this id is called, so that `find` has just this one."""
        plain = device.gpu or device.name
        try:
            found = self.find(plain)
        except UnknownGpuError:
            return f"{plain} (10de:{device.device_id})"
        own = (device.architecture, device.compute_capability, device.first_branch, device.newest_branch)
        its = (
            found.architecture,
            found.compute_capability,
            found.first_branch,
            found.newest_branch or device.newest_branch,
        )
        return plain if own == its else f"{plain} (10de:{device.device_id})"

    def devices_of(self, gpu: Gpu) -> tuple[PciDevice, ...]:
        """The PCI devices that a card may be."""
        if gpu.gpu not in self._devices:
            written = parse(gpu.gpu)
            own = self._by_id.get(written.device_id)
            name = gpu.gpu.split(" MIG ")[0]
            named = (each for each in self._by_id.values() if name == (each.gpu or each.name))
            self._devices[gpu.gpu] = (own,) if own else tuple(named)
        return self._devices[gpu.gpu]

    def is_branch_read(self, gpu: Gpu) -> bool:
        """Whether somebody read which driver is the first that knows the card; else it is assumed."""
        return "(branch)" in gpu.source or any(device.first_branch_read for device in self.devices_of(gpu))

    def _card(self, text: str, written: ParsedName) -> Gpu:
        if written.device_id in self._by_id:
            device = self._by_id[written.device_id]
            row = self._rows.get(device.gpu)
            name = self.name_of(device)
            return row if row and name == row.gpu else replace(of_device(device, row), gpu=name)
        if written.mig and not written.words:
            raise mig.without_card(written.mig, self._rows.values())
        found = self._entries_for(written)
        if not found:
            refuse_unsupported(text)
            near = suggestions.nearest(
                written.words, {entry.gpu.gpu.split(" (")[0]: entry.words for entry in self._entries}
            )
            bare = "".join(written.words)
            hint = (
                f"orchestrate resolve --gpu 10de:{bare}  # if it is a PCI id"
                if bare in self._by_id
                else f"one of {', '.join(near)}"
                if near
                else "its PCI id, as `lspci -nn -d 10de:` shows it: `orchestrate resolve --gpu 10de:1eb8`"
            )
            raise UnknownGpuError(f"no GPU is known as {text!r}", hint)
        if len({entry.kind for entry in found}) > 1:
            raise ambiguous(text, found)
        rows = [
            self._rows[name]
            for entry in found
            if (name := entry.device.gpu if entry.device else entry.gpu.gpu)
        ]
        return _with_memory(rows[0] if rows else self._outside(found), written)

    def _outside(self, found: Sequence[Entry]) -> Gpu:
        """A card that is among the PCI devices alone, under a name that has it again."""
        gpu, device = found[0].gpu, found[0].device
        alike = {entry.kind for entry in self._entries if entry.device and entry.device.name == gpu.gpu}
        return gpu if len(alike) == 1 or device is None else replace(gpu, gpu=self.name_of(device))

    def _entries_for(self, written: ParsedName) -> list[Entry]:
        """What the words fit, the closest: as they stand, then without words for memory and form, then without `laptop`, then without those for the board."""
        plain = tuple(word for word in written.words if not FORM.fullmatch(word))
        desktop = tuple(word for word in plain if word != "laptop")
        board = tuple(word for word in plain if word not in BOARD)
        for wanted in dict.fromkeys((written.words, plain, desktop, board)):
            alias = self._alias(wanted)
            if alias and not written.chip:
                return [Entry(words=frozenset(wanted), gpu=alias, device=None)]
            found = closest(frozenset(wanted), self._entries)
            of_chip = [entry for entry in found if entry.device and _is_chip(entry.device.chip, written.chip)]
            if found:
                return of_chip or found
        return []

    def _alias(self, wanted: tuple[str, ...]) -> Gpu | None:
        """The row that has this among its other names, with or without the letters before the number."""
        joined = "".join(wanted)
        for alias in (
            joined,
            names.key(" ".join(wanted)),
            *(f"{series}{joined}" for series in ("rtx", "gtx", "gt")),
        ):
            if alias in self._aliases:
                return self._aliases[alias]
        return None


def _with_memory(card: Gpu, written: ParsedName) -> Gpu:
    """The card with as much memory as its name says, where cards of one name have more and less."""
    said = next((int(found[1]) for word in written.words if (found := _MEMORY.fullmatch(word))), 0) * 1024
    if not said or abs(said - card.memory_mib) <= said // 8:
        return card
    in_name = f"{said // 1024}gb" in words(card.gpu)
    return replace(card, gpu=card.gpu if in_name else f"{card.gpu} {said // 1024}GB", memory_mib=said)


def _is_chip(chip: str, written: str) -> bool:
    return bool(written) and chip.startswith(written)

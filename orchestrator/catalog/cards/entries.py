"""A card under one of its names, which of them some words fit, and the refusal of words that fit several. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from orchestrator.catalog.cards.name_parser import FORM
from orchestrator.catalog.cards.unsupported import AmbiguousGpuError
from orchestrator.catalog.rows import Gpu, PciDevice

OPTIONAL = frozenset(
    {
        "rtx",
        "gtx",
        "gt",
        "gts",
        "quadro",
        "grid",
        "edition",
        "generation",
        "workstation",
        "blackwell",
        "ada",
        "pascal",
        "maxwell",
    }
)
"""Words of a card's name that people leave out."""
SHOWN = 6
"""Cards that a refusal lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A card under one of its names."""

    words: frozenset[str]
    gpu: Gpu
    device: PciDevice | None

    @property
    def kind(self) -> tuple[object, ...]:
        """What answers differ by."""
        return self.gpu.architecture, self.gpu.compute_capability, self.gpu.host


def closest(wanted: frozenset[str], entries: Iterable[Entry]) -> list[Entry]:
    """Entries of just these words, else those that have more, which may be left out; of one card the plainest name."""
    if not wanted:
        return []
    every = list(entries)
    exact = [entry for entry in every if entry.words == wanted]
    if exact:
        return exact
    fitting = [
        entry
        for entry in every
        if wanted <= entry.words and all(_may_be_left_out(word) for word in entry.words - wanted)
    ]
    plainest: dict[tuple[object, ...], int] = {}
    for entry in fitting:
        size = len(entry.words)
        plainest[entry.kind] = min(size, plainest.get(entry.kind, size))
    return [entry for entry in fitting if len(entry.words) == plainest[entry.kind]]


def _may_be_left_out(word: str) -> bool:
    return word in OPTIONAL or FORM.fullmatch(word) is not None


def of_device(device: PciDevice, row: Gpu | None) -> Gpu:
    """The card with this id: what the table of GPUs has of it besides, and the branches that know just this id."""
    if row is None:
        return Gpu(
            gpu=device.name,
            architecture=device.architecture,
            compute_capability=device.compute_capability,
            first_branch=device.first_branch,
            newest_branch=device.newest_branch,
            host=device.host,
            source=device.source,
            confidence=device.confidence,
            note=device.note,
        )
    return replace(
        row,
        architecture=device.architecture,
        compute_capability=device.compute_capability,
        first_branch=device.first_branch,
        newest_branch=device.newest_branch,
    )


def ambiguous(text: str, found: Sequence[Entry]) -> AmbiguousGpuError:
    """The refusal: each kind of card that it may be, with an id that means just that."""
    kinds: dict[tuple[object, ...], Entry] = {}
    for entry in found:
        kinds.setdefault(entry.kind, entry)
    shown = sorted(kinds.values(), key=lambda entry: entry.gpu.compute_capability)[-SHOWN:]
    said = []
    for entry in shown:
        major, minor = entry.gpu.compute_capability
        by = f"{entry.device.chip}, 10de:{entry.device.device_id}" if entry.device else "no PCI id known"
        said.append(f"{entry.gpu.gpu} ({entry.gpu.architecture} {major}.{minor}; {by})")
    ids = [entry.device.device_id for entry in shown if entry.device]
    return AmbiguousGpuError(
        f"{text!r} is ambiguous: it may be {', '.join(said[:-1])} or {said[-1]}",
        f"orchestrate resolve --gpu 10de:{ids[-1]}  # the id that `lspci -nn -d 10de:` shows on the host",
    )

"""All cards of this host, again and again: opens NVML once and keeps it, because to open it wakes cards that nobody uses.

The driver can hang, and nothing that waits for it then can be ended: who cannot wait has a process or a thread of its own collect.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from gpuhost.telemetry.collect import host
from gpuhost.telemetry.collect.card import AskedCard, HostError
from gpuhost.telemetry.collect.figures import Nvml, text
from gpuhost.telemetry.collect.processes import Processes
from gpuhost.telemetry.snapshot import MISMATCH, OK, UNREADABLE, Card, Snapshot

EVERYTHING_EVERY = 10
"""Collections after which a card is asked for what changes seldom too. The cards take turns."""

NO_PYNVML = (
    "the program was installed without pynvml\n"
    "  try: `pip install nvidia-ml-py` where Ansible runs, and apply role gpuhost again"
)


class Collector:
    """The cards of this host."""

    def __init__(self, root: Path = Path("/"), *, everything_every: int = EVERYTHING_EVERY) -> None:
        self._root = root
        self._every = everything_every
        self._turn = 0
        self.nvml: Nvml = None
        """pynvml while it is open."""
        self.session = 0
        """How often it was opened."""
        self._versions = Snapshot(taken_at=0.0, host="", state=OK)
        self._cards: list[AskedCard] = []
        self._processes = Processes(root / "proc")
        self._installed = ""
        self._had_cards = False

    def collect(self, at: float) -> Snapshot:
        """One collection; the time is in seconds since 1970. The kernel's log and advice are not in it."""
        name = os.uname().nodename
        if self._turn % self._every == 0:
            self._processes.forget()
        try:
            self._open()
            cards = tuple(self._collected())
        except HostError as cause:
            self._close()
            state, why = host.refused(self._root, cause.code, str(cause), had_cards=self._had_cards)
            return Snapshot(taken_at=at, host=name, state=state, why=why, driver=host.loaded(self._root))
        except ImportError:
            return Snapshot(taken_at=at, host=name, state=UNREADABLE, why=NO_PYNVML)
        self._turn += 1
        self._had_cards = self._had_cards or bool(cards)
        state, why = self._judged(cards)
        return replace(self._versions, taken_at=at, host=name, state=state, why=why, cards=cards)

    def _open(self) -> None:
        """Raises HostError, or ImportError where there is no pynvml."""
        if self.nvml is not None:
            return
        try:
            nvml = import_module("pynvml")
        except ImportError:
            if not host.cards(self._root):
                raise HostError(host.NO_LIBRARY, "") from None
            raise
        try:
            nvml.nvmlInit()
        except nvml.NVMLError as cause:
            raise HostError(int(cause.value), str(cause)) from cause
        self.nvml, self._turn, self._cards = nvml, 0, []
        self.session += 1
        self._versions = _with_versions(self._versions, nvml)

    def _close(self) -> None:
        if self.nvml is not None:
            with suppress(self.nvml.NVMLError):
                self.nvml.nvmlShutdown()
        self.nvml, self._cards = None, []

    def _collected(self) -> Iterator[Card]:
        """Raises HostError."""
        try:
            count = int(self.nvml.nvmlDeviceGetCount())
        except self.nvml.NVMLError as cause:
            raise HostError(int(cause.value), str(cause)) from cause
        if count != len(self._cards):
            self._cards = [AskedCard(self.nvml, index, self._processes) for index in range(count)]
            self._turn = 0
        for card in self._cards:
            everything = self._turn == 0 or (self._turn + card.index) % self._every == 0
            yield card.collect(everything=everything)

    def _judged(self, cards: tuple[Card, ...]) -> tuple[str, str]:
        """State of the host, and why, where NVML answers."""
        if self._turn % self._every == 1 or self._every == 1:
            try:
                maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
            except OSError:
                maps = ""
            self._installed = host.installed(self._root, maps)
        driver = self._versions.driver
        if self._installed and driver and self._installed != driver:
            return MISMATCH, host.mismatch(driver, self._installed)
        if not cards:
            return host.refused(self._root, host.NOT_LOADED, "", had_cards=self._had_cards)
        return OK, ""


def _with_versions(snapshot: Snapshot, nvml: Nvml) -> Snapshot:
    cuda = int(_told(nvml, nvml.nvmlSystemGetCudaDriverVersion) or 0)
    return replace(
        snapshot,
        driver=_told(nvml, nvml.nvmlSystemGetDriverVersion),
        library=_told(nvml, nvml.nvmlSystemGetNVMLVersion),
        cuda=f"{cuda // 1000}.{cuda % 1000 // 10}" if cuda else "",
    )


def _told(nvml: Nvml, ask: Callable[[], str | bytes | int]) -> str:
    try:
        told = ask()
    except nvml.NVMLError:
        return ""
    return str(told) if isinstance(told, int) else text(told)

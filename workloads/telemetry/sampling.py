"""Read all cards five times a second while a job runs, in a thread of its own. Reads only; without a card it does not start."""

import contextlib
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from workloads.host.gpu_processes import MIB, Handle, Nvml
from workloads.host.nvml import UnreadableError, opened
from workloads.telemetry.series import CardName, Stretch, Telemetry, reading

INTERVAL_S = 0.2
SLOW_EVERY = 5
"""Counters and the link are read once a second: some of them the card's own processor answers, which takes milliseconds."""
_END_TIMEOUT_S = 5.0
"""A driver that has lost its card may not answer: the job ends without it."""
_MOST_EVENTS = 20


class Sampler:
    """Fills a `Telemetry` until it is stopped."""

    def __init__(self, telemetry: Telemetry, elapsed_s: Callable[[], float]) -> None:
        self._telemetry = telemetry
        self._elapsed_s = elapsed_s
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, uuids: Collection[str] = ()) -> bool:
        """Read these cards, or all; False where there is nothing to read: no library, no driver, no card."""
        try:
            nvml = opened()
        except UnreadableError:
            return False
        if nvml is None:
            return False
        cards = [card for card in _cards(nvml) if not uuids or card.name.uuid in uuids]
        if not cards:
            return False
        events = _listen(nvml, cards)
        self._thread = threading.Thread(
            target=self._sample, args=(nvml, cards, events), name="telemetry", daemon=True
        )
        self._thread.start()
        return True

    def stop(self) -> None:
        """No reading is added after it, unless the driver hangs."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_END_TIMEOUT_S)

    def _sample(self, nvml: Nvml, cards: "list[_Card]", events: object) -> None:
        turn = 0
        due = self._elapsed_s()
        while not self._stopped.wait(max(0.0, due - self._elapsed_s())):
            happened = _happened(nvml, events, cards)
            for card in cards:
                told = happened.get(card.address, ())
                asked = _QUICK if turn % SLOW_EVERY else _QUICK | _SLOW
                self._telemetry.add(card.name, card.read(self._elapsed_s(), asked, told))
            turn += 1
            due = max(due + INTERVAL_S, self._elapsed_s())


@dataclass(slots=True, kw_only=True)
class _Card:
    name: CardName
    address: str
    """Upper case, as NVML has it."""
    handle: Handle
    nvml: Nvml
    absent: set[str] = field(default_factory=set)
    """What it does not have: asked once."""
    unreadable: str = ""
    """The last error, told when it begins."""

    def read(self, at_s: float, asked: "Questions", happened: tuple[str, ...]) -> Stretch:
        figures: dict[str, float] = {}
        error = ""
        for name, ask in asked.items():
            if name in self.absent:
                continue
            try:
                figures[name] = float(ask(self.nvml, self.handle))
            except self.nvml.NVMLError as cause:
                if cause.value in (
                    self.nvml.NVML_ERROR_NOT_SUPPORTED,
                    self.nvml.NVML_ERROR_FUNCTION_NOT_FOUND,
                ):
                    self.absent.add(name)
                else:
                    error = str(cause)
        bits = int(figures.pop(_THROTTLE, 0))
        begun = (f"unreadable: {error}",) if error and error != self.unreadable else ()
        self.unreadable = error
        return reading(at_s, figures, bits, (*happened, *begun))


Questions: TypeAlias = dict[str, Callable[[Nvml, Handle], float]]
_THROTTLE = "throttle_reasons"
_QUICK: Questions = {
    "utilization_percent": lambda nvml, card: nvml.nvmlDeviceGetUtilizationRates(card).gpu,
    "memory_used_mib": lambda nvml, card: nvml.nvmlDeviceGetMemoryInfo(card).used // MIB,
    "temperature_c": lambda nvml, card: nvml.nvmlDeviceGetTemperature(card, nvml.NVML_TEMPERATURE_GPU),
    "power_w": lambda nvml, card: nvml.nvmlDeviceGetPowerUsage(card) / 1000,
    "clock_sm_mhz": lambda nvml, card: nvml.nvmlDeviceGetClockInfo(card, nvml.NVML_CLOCK_SM),
    "clock_memory_mhz": lambda nvml, card: nvml.nvmlDeviceGetClockInfo(card, nvml.NVML_CLOCK_MEM),
    _THROTTLE: lambda nvml, card: nvml.nvmlDeviceGetCurrentClocksThrottleReasons(card),
}
_SLOW: Questions = {
    "ecc_corrected": lambda nvml, card: nvml.nvmlDeviceGetTotalEccErrors(
        card, nvml.NVML_MEMORY_ERROR_TYPE_CORRECTED, nvml.NVML_VOLATILE_ECC
    ),
    "ecc_uncorrected": lambda nvml, card: nvml.nvmlDeviceGetTotalEccErrors(
        card, nvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED, nvml.NVML_VOLATILE_ECC
    ),
    "rows_remapped": lambda nvml, card: sum(nvml.nvmlDeviceGetRemappedRows(card)[:2]),
    "row_remap_pending": lambda nvml, card: nvml.nvmlDeviceGetRemappedRows(card)[2],
    "pcie_replays": lambda nvml, card: nvml.nvmlDeviceGetPcieReplayCounter(card),
    "pcie_generation": lambda nvml, card: nvml.nvmlDeviceGetCurrPcieLinkGeneration(card),
    "pcie_width": lambda nvml, card: nvml.nvmlDeviceGetCurrPcieLinkWidth(card),
}


def _cards(nvml: Nvml) -> list[_Card]:
    found = []
    with contextlib.suppress(nvml.NVMLError):
        for index in range(nvml.nvmlDeviceGetCount()):
            with contextlib.suppress(nvml.NVMLError):
                handle = nvml.nvmlDeviceGetHandleByIndex(index)
                name = CardName(
                    index=index,
                    uuid=_text(nvml.nvmlDeviceGetUUID(handle)),
                    name=_text(nvml.nvmlDeviceGetName(handle)),
                )
                address = _text(nvml.nvmlDeviceGetPciInfo(handle).busId)
                found.append(_Card(name=name, address=address, handle=handle, nvml=nvml))
    return found


def _listen(nvml: Nvml, cards: list[_Card]) -> object:
    """The driver's events of faults; None where it has none for this user."""
    try:
        events = nvml.nvmlEventSetCreate()
        for card in cards:
            nvml.nvmlDeviceRegisterEvents(card.handle, nvml.nvmlEventTypeXidCriticalError, events)
    except nvml.NVMLError:
        return None
    return events


def _happened(nvml: Nvml, events: object, cards: list[_Card]) -> dict[str, tuple[str, ...]]:
    """By address. One for a card that is not there any more is told of each."""
    found: dict[str, tuple[str, ...]] = {}
    for number, address in _waiting(nvml, events) if events is not None else ():
        for known in [address] if address else [card.address for card in cards]:
            found[known] = (*found.get(known, ()), f"Xid {number}")
    return found


def _waiting(nvml: Nvml, events: object) -> Iterator[tuple[int, str]]:
    """Those that are there now: behind the last, NVML says that its time is over."""
    with contextlib.suppress(nvml.NVMLError):
        for _ in range(_MOST_EVENTS):
            event = nvml.nvmlEventSetWait_v2(events, 0)
            address = ""
            with contextlib.suppress(nvml.NVMLError):
                address = _text(nvml.nvmlDeviceGetPciInfo(event.device).busId)
            yield int(event.eventData), address


def _text(value: "str | bytes") -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value

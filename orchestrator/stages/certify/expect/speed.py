"""Are a host's cards as fast as their catalogue lets expect? Judged by the load of `gpu_burn`, never by its own word. Pure.

A training says nothing of it: a small network is as fast as batches can be fed. So a host whose cards no load was measured on, or of
whose cards no rate is known, is unsure.
"""

import math
from collections.abc import Iterator, Mapping

from orchestrator.catalog.speeds import Expectation, Rates, expectations, rates_of
from orchestrator.models import Device, Outcome, WorkloadRun
from orchestrator.stages.certify.finding import Finding, passed
from orchestrator.stages.certify.readings.series import after_of, computing_cards, number

LOAD = "gpu_burn"
LEAST_POWER = 0.5
"""Of a card's usual power limit: held to less, its rate says nothing of the card."""
_MEMORY = "memory"
OWED = ("float32", "float16")
"""Formats that every framework computes on every card: without them a load left out the card's plain or its tensor units."""


def confirm_speed(runs: tuple[WorkloadRun, ...]) -> Finding:
    """Every card that computed on a host keeps up its floor of the catalogue's rates.

    Args:
        runs: all that count of one host.
    """
    expected = "of each card at least its floor of the catalogue's rate"
    cards = {device.uuid or device.name: device for run in runs for device in _gpus(run)}
    if not cards or not any(run.device_used == "GPU" for run in runs):
        return passed("no NVIDIA card is used", expected)
    loads = [run for run in runs if run.request.workload == LOAD and run.device_used == "GPU"]
    if not loads:
        reason = f"how fast its cards are was not measured: no job of {LOAD} is planned"
        return Finding(Outcome.ERROR, "nothing", expected, reason)
    seen, slow, unsure = list[str](), list[str](), list[str]()
    measured = {device.uuid or device.name for run in loads for device in _gpus(run)}
    unsure += [
        f"{cards[key].name} ({cards[key].description}): its speed was not measured"
        for key in cards
        if key not in measured
    ]
    for run in loads:
        for device in _gpus(run):
            rates = rates_of(device.description)
            if rates is None:
                unsure.append(f"no rate is known of {device.name} ({device.description})")
                continue
            power = _power(run, device, rates)
            if power < LEAST_POWER:
                unsure.append(
                    f"{device.name} ({device.description}) is held to {power:.0%} of its usual power"
                )
            told, below, odd = _judge(_figures(run, device.name), rates, min(1.0, power))
            seen += [f"{device.name} {each}" for each in told]
            slow += [f"{device.name} ({device.description}): {each}" for each in below]
            unsure += [f"{device.name} ({device.description}): {each}" for each in odd]
    if slow:
        return Finding(Outcome.FAILED, ", ".join(seen), expected, "; ".join(slow))
    if unsure:
        return Finding(Outcome.ERROR, ", ".join(seen) or "nothing", expected, "; ".join(unsure))
    return passed(", ".join(seen), expected)


def _gpus(run: WorkloadRun) -> Iterator[Device]:
    yield from (device for device in run.devices if device.kind == "GPU")


def _power(run: WorkloadRun, device: Device, rates: Rates) -> float:
    """The card's lower power limit before or after the load, as a share of that for which its rates are meant; 1 where it does not say."""
    gpu = next((gpu for each, gpu in computing_cards(run) if each == device), None)
    both = (gpu, after_of(run, gpu)) if gpu else ()
    limits = [limit for each in both if (limit := number(each.facts, "power_limit_w")) is not None]
    return min(limits) / rates.power_w if limits else 1.0


def _figures(run: WorkloadRun, device: str) -> dict[str, float]:
    """What the load measured of a device, by format, and of its memory: of several figures the lowest."""
    found: dict[str, float] = {}
    tables = (("products", "format", "tera_per_s"), ("copies", "way", "gb_per_s"))
    for table, what, figure in tables:
        for row in run.tables.get(table, ()):
            name, value = row.get(what), row.get(figure)
            if row.get("device") == device and isinstance(name, str):
                value = value if isinstance(value, int | float) else math.nan
                found[name] = min(found.get(name, value), value) if value >= 0 else math.nan
    return found


def _judge(
    figures: Mapping[str, float], rates: Rates, power: float
) -> tuple[list[str], list[str], list[str]]:
    """What is told of a card, what is too slow, and what cannot be or is not there."""
    told, slow, odd = list[str](), list[str](), list[str]()
    for row in _rows():
        rate, value = rates.rates.get(row.share_of), figures.get(row.figure)
        if not rate or value is None:
            if rate and row.figure in OWED:
                odd.append(f"its speed in {row.figure} was not measured")
            continue
        if not value >= 0:
            odd.append(f"its speed in {row.figure} was not measured: no figure of it can be read")
            continue
        share = value / rate
        least = row.least if row.figure == _MEMORY else rates.floor * power
        told.append(f"{row.figure} {share:.0%}")
        if not share >= least:
            slow.append(
                f"{row.figure} reaches {share:.0%} of the catalogue's {rate:g}, and a healthy card {least:.0%}"
            )
        elif share > row.most:
            odd.append(
                f"{row.figure} reaches {share:.0%} of the catalogue's {rate:g}, which no card of its kind can"
            )
    if not any(
        row.figure in figures and row.share_of in rates.rates for row in _rows() if row.figure != _MEMORY
    ):
        odd.append("no format was measured of which its rate is known")
    if _MEMORY not in figures:
        odd.append("the speed of its memory was not measured")
    return told, slow, odd


def _rows() -> tuple[Expectation, ...]:
    return tuple(row for row in expectations() if row.workload == LOAD and row.share_of)

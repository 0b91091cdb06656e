"""Could the cards be read all the time, and what happened to them? Pure."""

from collections.abc import Iterator, Sequence

from gpuhost.xid.catalog import parsed
from workloads.gpu_burn.judges.subject import Subject, not_judged
from workloads.gpu_burn.rates import Rates
from workloads.result import Check, Outcome, check
from workloads.telemetry.series import Stretch, throttling

HELD_BACK = 0x8 | 0x20 | 0x40 | 0x80
"""Hardware slowdown, heat and the power brake: none of them is everyday under load. The power limit is."""
HELD_BACK_SHARE = 0.05
"""Of the readings: once at the start is no fault."""
POWER_LIMIT = 0x4
SET_SHARE = 0.8
"""Of the rated clock: a loaded card that stays below, and neither power nor heat is why, was told to."""
READINGS_PER_S = 0.5
"""At least: a tenth of those that are made. A card that was read less was not watched."""
REPLAYS = 8
"""As the health check has it for a job."""


def check_watched(subjects: Sequence[Subject]) -> Check:
    """The cards could be read all the time, and nothing happened to them. What could not be read is no pass."""
    gpus = [subject for subject in subjects if subject.is_gpu]
    if not gpus:
        return not_judged("cards_watched")
    unread = [
        f"{subject.label} was read {subject.throughout.readings if subject.throughout else 0} times in {subject.seconds:.0f} s"
        for subject in gpus
        if subject.throughout is None or subject.throughout.readings < READINGS_PER_S * subject.seconds
    ]
    happened = [
        f"{subject.label}: {fault}"
        for subject in gpus
        if subject.throughout is not None
        for fault in _events(subject.throughout)
    ]
    seen = ", ".join(
        f"{subject.device} {_watched(subject.throughout)}"
        for subject in gpus
        if subject.throughout is not None
    )
    expected = "each card read throughout, and no fault"
    if happened:
        return check("cards_watched", "; ".join(happened + unread), seen=seen, expected=expected)
    if unread:
        return Check(
            name="cards_watched",
            outcome=Outcome.ERROR,
            seen=seen or "nothing",
            expected=expected,
            reason="; ".join(unread),
        )
    return check("cards_watched", "", seen=seen, expected=expected)


def check_clocks(subjects: Sequence[Subject]) -> Check:
    """No card was held back by heat, its hardware or its power supply, or by clocks that somebody set."""
    gpus = [subject for subject in subjects if subject.is_gpu]
    if not gpus:
        return not_judged("clocks_kept")
    reasons, seen, unread = [], [], []
    for subject in gpus:
        loaded = list(subject.watched.values())
        if not any("clock_sm_mhz" in each.figures for each in loaded):
            unread.append(f"{subject.label}: its clocks could not be read")
        for name, each in subject.watched.items():
            reasons += [f"{subject.label} {name}: {reason}" for reason in _held_back(each, subject.rates)]
            clock = each.figures.get("clock_sm_mhz")
            if clock:
                held = throttling(each.throttled)
                seen.append(f"{subject.device} {name} {clock.mean:.0f} MHz{f' ({held})' if held else ''}")
    expected = f"held back in at most {HELD_BACK_SHARE:.0%} of the time, but by the power limit"
    if reasons or not unread:
        return check("clocks_kept", "; ".join(reasons), seen=", ".join(seen), expected=expected)
    return Check(
        name="clocks_kept",
        outcome=Outcome.ERROR,
        seen=", ".join(seen) or "nothing",
        expected=expected,
        reason="; ".join(unread),
    )


def _events(over: Stretch) -> Iterator[str]:
    for event in over.events:
        number = event.removeprefix("Xid ")
        xid = parsed(f"Xid {number} on 0000:00:00") if number.isdigit() else None
        if xid is None:
            yield event
        elif xid.is_fault:
            yield f"{event}: {xid.meaning}"
    for name, what in (
        ("ecc_uncorrected", "uncorrectable memory errors"),
        ("rows_remapped", "memory rows remapped"),
        ("row_remap_pending", "a memory row waits for a reset to be remapped"),
    ):
        values = over.figures.get(name)
        if values and values.highest > values.lowest:
            yield f"{what} during the load: from {values.lowest:g} to {values.highest:g}"
    width = over.figures.get("pcie_width")
    if width and width.lowest < width.highest:
        yield f"its PCIe link fell from {width.highest:g} to {width.lowest:g} lanes"
    replays = over.figures.get("pcie_replays")
    if replays and replays.highest - replays.lowest > REPLAYS:
        yield f"{replays.highest - replays.lowest:g} PCIe replays during the load: look at its slot or riser"


def _watched(over: Stretch) -> str:
    parts = [f"{over.readings} readings"]
    for name, unit in (("temperature_c", "°C"), ("power_w", "W"), ("clock_sm_mhz", "MHz")):
        values = over.figures.get(name)
        if values:
            parts.append(f"{values.lowest:.0f} to {values.highest:.0f} {unit}")
    return " ".join(parts)


def _held_back(over: Stretch, rates: Rates | None) -> Iterator[str]:
    bits = {bit: count for bit, count in over.throttled.items() if bit & HELD_BACK}
    share = max(bits.values(), default=0) / over.readings
    if share > HELD_BACK_SHARE:
        hot = over.figures.get("temperature_c")
        heat = f", up to {hot.highest:.0f} °C" if hot else ""
        yield f"clocks held back in {share:.0%} of the time: {throttling(bits)}{heat}"
    clock = over.figures.get("clock_sm_mhz")
    excused = over.throttled.get(POWER_LIMIT, 0) / over.readings > HELD_BACK_SHARE
    if (
        clock
        and rates
        and clock.mean < SET_SHARE * rates.clock_mhz
        and not excused
        and share <= HELD_BACK_SHARE
    ):
        yield (
            f"{clock.mean:.0f} MHz of {rates.clock_mhz:g}, and its power limit is not why: somebody has set its clocks; take it back with "
            "`nvidia-smi --reset-gpu-clocks` and `nvidia-smi --reset-applications-clocks`"
        )

"""Is a card as fast as its catalogue lets expect? Pure.

Products are judged twice: against the catalogue's rate, and against that rate at the clock that the card really had. So a card that its
power holds back is told from one that computes slowly. A card that the catalogue does not have is never passed.
"""

from collections.abc import Sequence

from workloads.gpu_burn.judges.subject import Subject, is_for_cpu, not_judged
from workloads.gpu_burn.load.products import Burned
from workloads.gpu_burn.load.transfers import MEMORY, TO_DEVICE_PINNED, TO_HOST_PINNED, Carried
from workloads.result import Check, Outcome, check
from workloads.telemetry.series import Stretch

SPEED_JUDGED = ("float32", "tf32", "float16", "bfloat16", "float64")
"""Not int8 and float8: for these no framework is sure to reach the card's units. They are verified all the same."""
AT_CLOCK = 0.5
"""Of the catalogue's rate at the clock that the card had: large products reach 0.7 to 0.95 of it, so half of that is below."""
BANDWIDTH = 0.6
"""Of the catalogue's: copies reach 0.75 to 0.93, half of that is below."""
LANE_GB_S = {1: 0.25, 2: 0.5, 3: 0.985, 4: 1.969, 5: 3.938, 6: 7.563}
"""10**9 bytes a second of a PCIe lane by generation, after its encoding (PCI Express Base Specification)."""
LINK = 0.5
"""Of the link: pinned copies reach 0.75 to 0.9."""


def check_speed(burned: Sequence[Burned], subjects: Sequence[Subject]) -> Check:
    """No format of any card is slower than it has to be."""
    if is_for_cpu(subjects):
        return not_judged("product_speed")
    seen, slow, known = [], [], 0
    for subject in subjects:
        own = [each for each in burned if each.load.device == subject.device]
        for each in own:
            share, reason = _speed(each, subject)
            seen.append(f"{each.load.device} {each.load.format} {each.tera_per_s:.2f} T/s{share}")
            slow += [reason] if reason else []
            known += each.load.format in SPEED_JUDGED and _rate(subject, each.load.format) > 0
    unknown = [
        subject.label
        for subject in subjects
        if subject.rates is None
        or not any(_rate(subject, each.load.format) for each in burned if each.load.device == subject.device)
    ]
    return _judged(
        "product_speed",
        slow,
        unknown,
        seen=", ".join(seen),
        expected="of each card at least its floor of the catalogue's rate, and half of that rate at its clock",
    )


def check_memory_speed(carried: Sequence[Carried], subjects: Sequence[Subject]) -> Check:
    """No card's memory is slow."""
    if is_for_cpu(subjects):
        return not_judged("memory_speed")
    seen, slow = [], []
    for subject in subjects:
        for each in carried:
            if each.device == subject.device and each.way == MEMORY:
                rate = subject.rates.bandwidth_gb_s if subject.rates else 0.0
                share = f" ({each.gb_per_s / rate:.0%})" if rate else ""
                seen.append(f"{each.device} {each.gb_per_s:.0f} GB/s{share}")
                if rate and not each.gb_per_s >= BANDWIDTH * rate:
                    slow.append(
                        f"{subject.label}: its memory moves {each.gb_per_s:.0f} GB/s of {rate:g}, {each.gb_per_s / rate:.0%}"
                    )
    measured = {each.device for each in carried if each.way == MEMORY}
    slow += [f"{subject.label}: not measured" for subject in subjects if subject.device not in measured]
    unknown = [subject.label for subject in subjects if subject.rates is None]
    return _judged(
        "memory_speed",
        slow,
        unknown,
        seen=", ".join(seen),
        expected=f"at least {BANDWIDTH:.0%} of the catalogue's",
    )


def check_copy_speed(carried: Sequence[Carried], subjects: Sequence[Subject]) -> Check:
    """Pinned copies fill the PCIe link. Others say more of the host than of the card."""
    if is_for_cpu(subjects):
        return not_judged("copy_speed")
    seen, slow = [], []
    for subject in subjects:
        link = _link_gb_s(subject.throughout)
        for each in carried:
            if each.device == subject.device and each.way in {TO_DEVICE_PINNED, TO_HOST_PINNED}:
                seen.append(f"{each.device} {each.way} {each.gb_per_s:.1f} GB/s of {link or 'unknown'}")
                if link and not each.gb_per_s >= LINK * link:
                    slow.append(
                        f"{subject.label} {each.way}: {each.gb_per_s:.1f} GB/s of {link:.1f} that its link has"
                    )
    return check(
        "copy_speed",
        "; ".join(slow),
        seen=", ".join(seen) or "not judged: the framework has no pinned copies",
        expected=f"pinned at least {LINK:.0%} of the PCIe link",
    )


def _rate(subject: Subject, name: str) -> float:
    """The catalogue's; 0 where it has none."""
    return subject.rates.tera.get(name, 0.0) if subject.rates else 0.0


def _speed(burned: Burned, subject: Subject) -> tuple[str, str]:
    """The share as text, and what is too slow."""
    name, rates = burned.load.format, subject.rates
    rate = _rate(subject, name)
    if rates is None or not rate:
        return "", ""
    share = burned.tera_per_s / rate
    text = f" ({share:.0%})"
    if name not in SPEED_JUDGED:
        return text, ""
    limit = subject.power_limit_w
    floor = rates.floor * min(1.0, limit / rates.power_w if limit else 1.0)
    told = f"{subject.label} {name}: {burned.tera_per_s:.2f} T/s is {share:.0%} of the catalogue's {rate:g}"
    if not share >= floor:
        return text, f"{told}, and a healthy card reaches {floor:.0%}"
    clock = subject.watched[name].figures.get("clock_sm_mhz") if name in subject.watched else None
    if clock and clock.mean:
        at_clock = share * rates.clock_mhz / clock.mean
        if not at_clock >= AT_CLOCK:
            return text, f"{told}, and {at_clock:.0%} of it at the {clock.mean:.0f} MHz that the card had"
    return text, ""


def _link_gb_s(over: Stretch | None) -> float | None:
    """The best that the link was: without load it goes down to save power."""
    if over is None or "pcie_generation" not in over.figures or "pcie_width" not in over.figures:
        return None
    lane = LANE_GB_S.get(int(over.figures["pcie_generation"].highest))
    return lane * over.figures["pcie_width"].highest if lane else None


def _judged(name: str, slow: Sequence[str], unknown: Sequence[str], *, seen: str, expected: str) -> Check:
    """Slow fails; of an unknown card nothing is known, which is no pass."""
    if slow:
        return check(name, "; ".join(slow), seen=seen, expected=expected)
    if unknown:
        reason = f"unknown: no rate is catalogued for {', '.join(dict.fromkeys(unknown))}"
        return Check(name=name, outcome=Outcome.SKIPPED, seen=seen, expected=expected, reason=reason)
    return check(name, "", seen=seen, expected=expected)

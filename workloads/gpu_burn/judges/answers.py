"""Is every answer right: products, copies, memory? Pure."""

from collections.abc import Iterator, Mapping, Sequence

from workloads.gpu_burn.load.memory import Tested
from workloads.gpu_burn.load.products import Burned
from workloads.gpu_burn.load.transfers import Carried
from workloads.result import Check, check

COVERED = 0.5
"""Of the memory that was asked for."""


def check_products(
    burned: Sequence[Burned], lost: Mapping[str, str], devices: Sequence[str], formats: Sequence[str]
) -> Check:
    """Every product of every format on every device is right.

    Args:
        burned: what was computed.
        lost: by device, why it stopped; where there is none, it did not.
        devices: those that had to compute.
        formats: those that had to be computed.
    """
    reasons = [f"{device} stopped: {why}" for device, why in lost.items()]
    done = {(each.load.device, each.load.format) for each in burned}
    for device in devices:
        missing = [name for name in formats if (device, name) not in done]
        if missing and device not in lost:
            reasons.append(f"{device} computed nothing in {', '.join(missing)}")
    for each in burned:
        reasons += [f"{each.load.device} {each.load.format}: {fault}" for fault in _faults(each)]
    count = sum(each.products for each in burned)
    return check(
        "products_verified",
        "; ".join(reasons) if burned or reasons else "nothing was computed",
        seen=f"{count - sum(each.wrong for each in burned)} of {count} products right, on {', '.join(devices)}",
        expected=f"all right in {', '.join(formats)}",
    )


def check_copies(carried: Sequence[Carried], devices: Sequence[str], lost: Mapping[str, str]) -> Check:
    """What is copied arrives as it was; `lost` as in `check_products`."""
    reasons = [f"{device} stopped: {why}" for device, why in lost.items()]
    reasons += [
        f"{each.device} {each.way}: {each.wrong} cells of {each.mib} MiB arrived changed"
        for each in carried
        if each.wrong
    ]
    silent = [device for device in devices if device not in {*lost, *(each.device for each in carried)}]
    reasons += [f"{device}: nothing was copied" for device in silent]
    seen = ", ".join(f"{each.device} {each.way} {each.gb_per_s:.1f} GB/s" for each in carried)
    return check(
        "copies_verified", "; ".join(reasons), seen=seen or "nothing", expected="all arrive unchanged"
    )


def check_pattern(
    tested: Sequence[Tested], lost: Mapping[str, str], devices: Sequence[str], *, passes: int
) -> Check:
    """Every cell kept what was written, in so many passes; 0: it was not asked for."""
    if not passes:
        return check(
            "memory_pattern", "", seen="not asked", expected="nothing: no share of the memory was asked for"
        )
    reasons = [f"{device} stopped: {why}" for device, why in lost.items()]
    for each in tested:
        for made in each.passes:
            if made.wrong_cells:
                reasons.append(
                    f"{each.device}: {made.wrong_cells} wrong cells in {made.kind} (step {made.step}), the first in the "
                    f"stretch from {made.first_wrong_mib} MiB"
                )
            if not made.sum_is_right:
                reasons.append(f"{each.device}: the sum of {made.kind} (step {made.step}) is not NumPy's")
        if each.covered_mib < COVERED * each.wanted_mib:
            reasons.append(f"{each.device}: only {each.covered_mib} MiB of {each.wanted_mib} could be had")
        if len(each.passes) < passes:
            reasons.append(f"{each.device}: {len(each.passes)} of {passes} passes were made")
    there = {each.device for each in tested}
    reasons += [
        f"{device} was not tested" for device in devices if device not in there and device not in lost
    ]
    seen = ", ".join(f"{each.device}: {each.covered_mib} MiB, {len(each.passes)} passes" for each in tested)
    return check(
        "memory_pattern", "; ".join(reasons), seen=seen or "nothing", expected="every cell as it was written"
    )


def _faults(burned: Burned) -> Iterator[str]:
    if burned.place != burned.load.device:
        yield f"it was computed on {burned.place}"
    if not burned.error <= 1:  # not `>`: what is not a number must fail too
        yield f"the product is wrong: {burned.error:.3g} times the error that the format allows"
    if burned.wrong:
        yield (
            f"product {burned.first_wrong} of {burned.products} differs from the first: {burned.wrong} wrong products, "
            f"{burned.wrong_elements} wrong elements"
        )
    if not burned.products:
        yield "no product was made"

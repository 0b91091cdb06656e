"""How fast a device's memory is, and the ways to it from the host and from other devices; what was carried is compared."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workloads.devices.framework import Array, Tensor
from workloads.gpu_burn.load.rig import Rig

MIB = 2**20
MEMORY = "memory"
TO_DEVICE = "host to device"
TO_HOST = "device to host"
TO_DEVICE_PINNED = "host to device, pinned"
TO_HOST_PINNED = "device to host, pinned"
BETWEEN = "to "
"""With the other device's name behind it."""
REPEATS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """One way, one device."""

    device: str
    way: str
    mib: int
    gb_per_s: float
    """10**9 bytes; of `memory`, read and written together."""
    wrong: int
    """Cells of eight bytes that arrived changed."""


def carry(rig: Rig, device: str, others: tuple[str, ...], size: int) -> tuple[Carried, ...]:
    """Every way that the framework lets a program choose, with `size` MiB. Lets its errors through."""
    import numpy as np

    array = np.random.default_rng(size).integers(-(2**63), 2**63, size * MIB // 8, np.int64)
    return tuple(
        Carried(device=device, way=way, mib=size, gb_per_s=times * size * MIB / seconds / 1e9, wrong=wrong)
        for way, wrong, seconds, times in _ways(rig, device, others, array)
    )


def _ways(
    rig: Rig, device: str, others: tuple[str, ...], array: Array
) -> Iterator[tuple[str, int, float, int]]:
    """Each with the number of wrong cells, seconds, and how often the bytes passed."""
    framework, engine, clock = rig.framework, rig.engine, rig.clock
    there = framework.put(array, device)
    engine.wait(there)

    def wrong_on_device(tensor: Tensor) -> int:
        return int(framework.fetch(engine.differences(tensor, there)))

    began = clock()
    turned = there
    for _ in range(2 * REPEATS):  # an even number: it ends as it began
        turned = engine.invert(turned)
    engine.wait(turned)
    yield MEMORY, wrong_on_device(turned), clock() - began, 4 * REPEATS

    def host_cells(fetched: Array) -> int:
        return int((fetched != array).sum())

    seconds, sent = _timed(rig, lambda: framework.put(array, device))
    yield TO_DEVICE, host_cells(framework.fetch(sent)), seconds, 1
    began = clock()
    fetched = framework.fetch(engine.invert(there))
    yield TO_HOST, host_cells(~fetched), clock() - began, 1
    pinned = engine.pin(array, device)
    if pinned is not None:
        engine.wait(pinned)
        seconds, sent = _timed(rig, lambda: engine.move(pinned, device))
        yield TO_DEVICE_PINNED, wrong_on_device(sent), seconds, 1
        began = clock()
        pulled = engine.pull_pinned(there)
        if pulled is not None:
            engine.wait(pulled)
            seconds = clock() - began
            yield TO_HOST_PINNED, host_cells(framework.fetch(pulled)), seconds, 1
    for other in others:
        seconds, sent = _timed(rig, lambda other=other: engine.move(there, other))  # type: ignore[misc]
        yield f"{BETWEEN}{other}", host_cells(framework.fetch(sent)), seconds, 1


def _timed(rig: Rig, carry_once: Callable[[], Tensor]) -> tuple[float, Tensor]:
    """Of the second time: in the first one memory is taken and paths between devices are opened."""
    rig.engine.wait(carry_once())
    began = rig.clock()
    sent = carry_once()
    rig.engine.wait(sent)
    return rig.clock() - began, sent

"""Patterns over most of a device's free memory: the device writes them, later reads them back and compares.

What is compared with is computed anew from each cell's address, so that a cell that answers for another one is found too. That the
device computes the patterns rightly is seen from their sums, which NumPy knows.
"""

import threading
from dataclasses import dataclass

from workloads.devices.framework import Array, Tensor
from workloads.gpu_burn.engines import engine as patterns
from workloads.gpu_burn.engines.engine import Engine
from workloads.gpu_burn.load.rig import Rig
from workloads.result import is_out_of_memory

MIB = 2**20
CELL_BYTES = 8
STEPS: tuple[tuple[str, int], ...] = (
    *((patterns.ONES, step) for step in (0, 16, 32, 48)),
    *((patterns.ZEROS, step) for step in (0, 16, 32, 48)),
    (patterns.ADDRESS, 0),
    (patterns.ADDRESS_INVERTED, 0),
    (patterns.RANDOM, 1),
    (patterns.RANDOM, 2),
)
"""In a pass of ones or zeros the bit that walks is the address's last six bits, moved by the step: from cell to cell by one, and in
each cell by sixteen from pass to pass."""
CHUNK_MIB = 128
SPARE_CHUNKS = 6
"""Room for what is computed on the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One pattern, written everywhere and then read everywhere."""

    kind: str
    step: int
    wrong_cells: int
    """Of eight bytes."""
    first_wrong_mib: int
    """Where the first stretch of memory with a wrong cell begins, counted in what was tested; -1 for none."""
    sum_is_right: bool
    """Of the first stretch, as NumPy computes it."""
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """The memory of one device."""

    device: str
    place: str
    wanted_mib: int
    covered_mib: int
    passes: tuple[Pass, ...]


def examine(rig: Rig, device: str, wanted_mib: int, stop: threading.Event) -> Tested:
    """Make every pass, or those until it is stopped. Takes less where there is less: `covered_mib`. Lets errors through."""
    import numpy as np

    framework, engine, clock = rig.framework, rig.engine, rig.clock
    chunk_mib = max(1, min(CHUNK_MIB, wanted_mib // (8 * SPARE_CHUNKS)))
    cells = chunk_mib * MIB // CELL_BYTES
    addresses = np.arange(cells, dtype=np.int64)
    base = framework.put(addresses, device)
    chunks = _filled(engine, base, cells, max(1, wanted_mib // chunk_mib - SPARE_CHUNKS))
    passes = []
    for kind, step in STEPS:
        if stop.is_set():
            break
        began = clock()
        for number in range(len(chunks)):
            chunks[number] = engine.pattern(kind, base, number * cells, step)
            engine.wait(chunks[number])
        # Read only when all is written: a cell that changes with another one is found.
        wrong = [
            int(framework.fetch(engine.differences(chunk, engine.pattern(kind, base, number * cells, step))))
            for number, chunk in enumerate(chunks)
        ]
        seconds = clock() - began
        seen_sum = int(framework.fetch(engine.total(chunks[0])))
        rig.tell({"device": device, "pattern": kind, "step": step, "wrong_cells": sum(wrong)})
        bad = [number for number, each in enumerate(wrong) if each]
        passes.append(
            Pass(
                kind=kind,
                step=step,
                wrong_cells=sum(wrong),
                first_wrong_mib=bad[0] * chunk_mib if bad else -1,
                sum_is_right=seen_sum == int(expected(kind, addresses, step).sum()),
                seconds=seconds,
            )
        )
    return Tested(
        device=device,
        place=framework.place(chunks[0]),
        wanted_mib=wanted_mib,
        covered_mib=len(chunks) * chunk_mib,
        passes=tuple(passes),
    )


def expected(kind: str, address: Array, step: int) -> Array:
    """The pattern of cells at these addresses, in int64 that wraps around. Pure."""
    import numpy as np

    if kind == patterns.ADDRESS:
        return address
    if kind == patterns.ADDRESS_INVERTED:
        return ~address
    if kind == patterns.RANDOM:
        mixed = address * np.int64(patterns.FIRST_FACTOR) + np.int64(step * patterns.STEP_FACTOR)
        mixed = (mixed ^ (mixed >> 31)) * np.int64(patterns.SECOND_FACTOR)
        return mixed ^ (mixed >> 27)
    walking = np.left_shift(np.int64(1), (address + step) & 63)
    return ~walking if kind == patterns.ZEROS else walking


def _filled(engine: Engine, base: Tensor, cells: int, count: int) -> list[Tensor]:
    """As many stretches as there is room for, at least one. Raises what the framework raises for want of the first."""
    chunks = [engine.pattern(patterns.ADDRESS, base, 0, 0)]
    engine.wait(chunks[0])
    try:
        while len(chunks) < count:
            chunks.append(engine.pattern(patterns.ADDRESS, base, len(chunks) * cells, 0))
            engine.wait(chunks[-1])
    except Exception as cause:
        if not is_out_of_memory(cause):
            raise
        del chunks[max(1, len(chunks) - SPARE_CHUNKS) :]
    return chunks

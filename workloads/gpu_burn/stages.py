"""The load, step by step, on all devices: what each gave goes into the record as a row. Judges nothing."""

import threading
from collections.abc import Mapping, Sequence

from workloads.gpu_burn import rates
from workloads.gpu_burn.arguments import BurnArguments
from workloads.gpu_burn.load.memory import STEPS, Tested, examine
from workloads.gpu_burn.load.products import Burned, Load, burn
from workloads.gpu_burn.load.rig import Rig
from workloads.gpu_burn.load.side_by_side import Results, on_each
from workloads.gpu_burn.load.transfers import Carried, carry
from workloads.progress import Record

GPU_MIB = 512
"""Of a copy: far above what a card's caches hold."""
CPU_MIB = 32
SLACK_S = 300.0
"""For compiling and for verifying on the host; a device that is silent longer is lost."""


def burn_all(
    record: Record, rig: Rig, arguments: BurnArguments, devices: Sequence[str], formats: Sequence[str]
) -> tuple[list[Burned], dict[str, str]]:
    """What was computed, and by device why it stopped."""
    burned: list[Burned] = []
    lost: dict[str, str] = {}
    seconds = arguments.seconds / len(formats)
    names = {device.name: device.description for device in record.devices}
    for name in formats:
        left = [device for device in devices if device not in lost]

        def work(device: str, stop: threading.Event, name: str = name) -> Burned:
            load = Load(device=device, format=name, size=arguments.size, seconds=seconds, seed=arguments.seed)
            return burn(rig, load, stop)

        with rig.engine.format(name):
            results = on_each(left, work, rig.clock, 3 * seconds + SLACK_S)
        lost |= {device: f"in {name}: {why}" for device, why in results.lost.items()}
        for device, each in results.made.items():
            burned.append(each)
            known = rates.found(names[device])
            rate = known.tera.get(name) if known else None
            record.row(
                "products",
                {
                    "device": device,
                    "format": name,
                    "size": each.load.size,
                    "products": each.products,
                    "wrong": each.wrong,
                    "error": round(each.error, 6),
                    "seconds": round(each.seconds, 3),
                    "tera_per_s": round(each.tera_per_s, 4),
                    "slowest_tera_per_s": round(each.slowest_tera_per_s, 4),
                    "catalogue_tera_per_s": rate,
                    "share": round(each.tera_per_s / rate, 4) if rate else None,
                },
            )
    return burned, lost


def carry_all(record: Record, rig: Rig, devices: Sequence[str]) -> tuple[list[Carried], dict[str, str]]:
    """One device after the other: they share the host's memory, and some of them a link."""
    carried: list[Carried] = []
    lost: dict[str, str] = {}
    memory = {device.name: device.memory_mib or GPU_MIB for device in record.devices}
    for device in devices:
        others = tuple(other for other in devices if other != device and other not in lost)
        size = max(1, min(GPU_MIB if device.startswith("GPU") else CPU_MIB, memory[device] // 16))

        def work(
            device: str, stop: threading.Event, others: tuple[str, ...] = others, size: int = size
        ) -> tuple[Carried, ...]:
            del stop
            return carry(rig, device, others, size)

        results = on_each([device], work, rig.clock, SLACK_S)
        lost |= results.lost
        for ways in results.made.values():
            for each in ways:
                carried.append(each)
                record.row(
                    "copies",
                    {
                        "device": device,
                        "way": each.way,
                        "mib": each.mib,
                        "gb_per_s": round(each.gb_per_s, 3),
                        "wrong": each.wrong,
                    },
                )
    return carried, lost


def examine_all(record: Record, rig: Rig, memory_mib: Mapping[str, int]) -> Results[Tested]:
    """All of them at the same time; `memory_mib` says of each how much, and 0 leaves it out."""
    devices = [device for device, wanted in memory_mib.items() if wanted]
    results = on_each(
        devices,
        lambda device, stop: examine(rig, device, memory_mib[device], stop),
        rig.clock,
        # A card writes and reads a terabyte in a second, a host's processor some gigabytes.
        SLACK_S + len(STEPS) * max(memory_mib.values(), default=0) / 1024,
    )
    for device, tested in results.made.items():
        for each in tested.passes:
            record.row(
                "memory_patterns",
                {
                    "device": device,
                    "pattern": each.kind,
                    "step": each.step,
                    "mib": tested.covered_mib,
                    "wrong_cells": each.wrong_cells,
                    "seconds": round(each.seconds, 3),
                },
            )
    return results

"""Load every card at the same time: products in each format, its memory, the ways to it. All is verified, and the cards are watched."""

from collections.abc import Callable, Sequence

from workloads.checks import declared
from workloads.devices.cards import MIB
from workloads.devices.framework import Framework
from workloads.devices.opening import BACKENDS, ROOT, computing, open_framework, tell_memory, tell_used
from workloads.gpu_burn import rates
from workloads.gpu_burn.arguments import CPU_MEMORY_MIB, BurnArguments, add_options, arguments
from workloads.gpu_burn.engines.engine import Engine
from workloads.gpu_burn.engines.jax import JaxEngine
from workloads.gpu_burn.engines.tensorflow import TensorFlowEngine
from workloads.gpu_burn.engines.torch import TorchEngine
from workloads.gpu_burn.judges import answers, speed, watching
from workloads.gpu_burn.judges.subject import Subject
from workloads.gpu_burn.load.memory import STEPS
from workloads.gpu_burn.load.products import Burned, is_able
from workloads.gpu_burn.load.rig import Rig
from workloads.gpu_burn.load.transfers import MEMORY, Carried
from workloads.gpu_burn.stages import burn_all, carry_all, examine_all
from workloads.host.nvml import free_mib
from workloads.memory.host import available
from workloads.progress import Record
from workloads.result import CannotRunError, Device, Kind
from workloads.result.evidence import GpuReading
from workloads.workload import Folders, Workload

CHECKS = declared("gpu_burn")
ALWAYS = ("float32", "tf32", "float64")
"""Formats that every card has: one that fails in these is at fault, and not the format."""
_ENGINES: dict[str, Callable[[Framework], Engine]] = {
    "tensorflow": TensorFlowEngine,
    "jax": JaxEngine,
    "torch": TorchEngine,
}


class FormatError(CannotRunError):
    """The framework has no products in a format that was asked for."""


def run(record: Record, arguments: BurnArguments, folders: Folders) -> None:
    """Make every check; stop after the first when no device of the wanted kind is there. It needs no data and makes no file.

    A device that fails or hangs is left behind with what it said, and the others go on. Lets through what `open_framework` raises, and
    the framework's own errors for want of memory.

    Raises:
        FormatError: see there.
    """
    del folders
    opened = open_framework(record)
    if opened is None:
        return
    framework, wanted = opened
    engine = _ENGINES[arguments.backend](framework)
    rig = Rig(framework=framework, engine=engine, clock=record.elapsed_s, tell=record.step)
    load_and_judge(record, arguments, rig, computing(wanted, record.devices))
    tell_memory(record, framework)


def load_and_judge(record: Record, arguments: BurnArguments, rig: Rig, devices: Sequence[str]) -> None:
    """Everything behind the opening of the framework. Raises FormatError."""
    by_name = {device.name: device for device in record.devices}
    memory_mib = {name: _memory_mib(by_name[name], arguments) for name in devices}
    began = record.elapsed_s()
    formats = _formats(record, arguments, rig, devices)
    burned, lost = burn_all(record, rig, arguments, devices, formats)
    record.check(answers.check_products(burned, lost, devices, formats))
    left = [device for device in devices if device not in lost]
    carried, lost_in_copies = carry_all(record, rig, left)
    left = [device for device in left if device not in lost_in_copies]
    tested = examine_all(record, rig, {name: memory_mib[name] for name in left})
    subjects = [_subject(record, by_name[name], burned, began) for name in devices]
    record.check(speed.check_speed(burned, subjects))
    record.check(answers.check_copies(carried, devices, {**lost, **lost_in_copies}))
    record.check(speed.check_memory_speed(carried, subjects))
    record.check(speed.check_copy_speed(carried, subjects))
    passes = len(STEPS) if arguments.memory_share else 0
    record.check(
        answers.check_pattern(
            list(tested.made.values()), {**lost, **lost_in_copies, **tested.lost}, devices, passes=passes
        )
    )
    record.check(watching.check_watched(subjects))
    record.check(watching.check_clocks(subjects))
    places = (*(each.place for each in burned), *(each.place for each in tested.made.values()))
    tell_used(record, Kind(devices[0].partition(":")[0]), places)
    record.metrics |= _metrics(burned, carried)


def _formats(record: Record, arguments: BurnArguments, rig: Rig, devices: Sequence[str]) -> tuple[str, ...]:
    """Those that were asked for; else those that the framework has and every device can."""
    missing = [name for name in arguments.formats if name not in rig.engine.formats]
    if missing:
        raise FormatError(
            f"{', '.join(missing)} was asked for, and {arguments.backend} multiplies {', '.join(rig.engine.formats)} here; "
            "another --backend may have it"
        )
    if arguments.formats:
        return arguments.formats
    able = []
    for name in rig.engine.formats:
        why = "" if name in ALWAYS else next(filter(None, (is_able(rig, each, name) for each in devices)), "")
        if why:
            record.note(f"{name} is left out: {why}")
        else:
            able.append(name)
    return tuple(able)


def _subject(record: Record, device: Device, burned: Sequence[Burned], began_s: float) -> Subject:
    read = _reading(record, device)
    uuids = {device.uuid, read.uuid} if read else {device.uuid}
    card = next((card for card in record.telemetry.cards if card.uuid in uuids), None)
    now = record.elapsed_s()
    watched = {}
    for each in burned:
        if card is not None and each.load.device == device.name:
            late = each.began_s + each.seconds / 2
            over = record.telemetry.between(card, late, each.began_s + each.seconds)
            if over is not None:
                watched[each.load.format] = over
    limit = read.facts.get("power_limit_w") if read else None
    return Subject(
        device=device.name,
        name=device.description,
        rates=rates.found(device.description) if device.kind is Kind.GPU else None,
        is_gpu=device.kind is Kind.GPU,
        power_limit_w=float(limit) if isinstance(limit, int | float) else None,
        watched=watched,
        throughout=record.telemetry.between(card, began_s, now) if card is not None else None,
        seconds=now - began_s,
    )


def _reading(record: Record, device: Device) -> GpuReading | None:
    """NVML's of the card; of a slice (MIG), which has a UUID of its own, that of the card at its place."""
    before = record.evidence.gpus_before
    gpus = before.gpus if before else ()
    own = next((gpu for gpu in gpus if gpu.uuid == device.uuid), None)
    return own or next((gpu for gpu in gpus if device.address and gpu.address == device.address), None)


def _memory_mib(device: Device, arguments: BurnArguments) -> int:
    """How much of it is tested; 0 where that was not asked for."""
    if not arguments.memory_share:
        return 0
    if device.kind is Kind.CPU:
        return max(1, min(CPU_MEMORY_MIB, int(arguments.memory_share * (available(ROOT).bytes // MIB))))
    free = free_mib(device.uuid) or device.memory_mib or 0
    most = free if arguments.memory_limit_mib is None else min(free, arguments.memory_limit_mib)
    return max(1, int(arguments.memory_share * most))


def _metrics(burned: Sequence[Burned], carried: Sequence[Carried]) -> dict[str, float]:
    """Of the slowest device each."""
    found: dict[str, float] = {}
    for each in burned:
        name = f"tera_per_s_{each.load.format}"
        found[name] = round(min(found.get(name, each.tera_per_s), each.tera_per_s), 4)
    for one in carried:
        if one.way == MEMORY:
            found["memory_gb_per_s"] = round(min(found.get("memory_gb_per_s", one.gb_per_s), one.gb_per_s), 3)
    return found


WORKLOAD = Workload(
    name="gpu_burn",
    about="load every card, and verify every answer: products, memory, copies",
    checks=CHECKS,
    backends=BACKENDS,
    add_options=add_options,
    arguments=arguments,
    run=run,
)

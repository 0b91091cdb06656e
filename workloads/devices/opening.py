"""Open one framework, list and count its devices, and say of tensors where they are. Places nothing anywhere.

No framework is imported before `open_framework`, and none before the environment says what it may see.
"""

import contextlib
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from workloads.devices import counting
from workloads.devices.cards import (
    MIB,
    Card,
    check_limit_applies,
    check_limit_fits,
    check_memory,
    nvidia_cards,
)
from workloads.devices.framework import Framework
from workloads.devices.jax import Jax
from workloads.devices.tensorflow import TensorFlow
from workloads.devices.torch import Torch
from workloads.progress import Record
from workloads.result import Check, Device, Kind, check

ROOT = Path("/")


def open_framework(record: Record) -> tuple[Framework, Kind] | None:
    """Import and set up the framework; tell its versions and devices.

    Returns:
        The framework and the kind of device to compute on; None when that kind is not there, which is on record as a
        failed check.

    Raises:
        ImportError: the environment has no such framework, or a broken one.
        MemoryLimitError: the limit cannot be kept.
    """
    arguments, found = record.arguments, nvidia_cards()
    cards = found or ()
    check_limit_fits(arguments.memory_limit_mib, cards)
    framework = _FRAMEWORKS[arguments.backend](arguments.memory_limit_mib, cards)
    record.imported(_versions(arguments.backend))
    devices = (_cpu(), *_gpus(framework.gpu_count(), cards))
    record.listed(devices)
    wanted = wanted_kind(arguments.device, devices)
    listed = check_listed(wanted, devices)
    record.check(listed)
    record.check(counting.not_counted(arguments) or _counted(record, found, devices))
    if listed.reason:
        return None
    check_limit_applies(arguments.memory_limit_mib, wanted, cards)
    return framework, wanted


def computing(wanted: Kind, devices: Sequence[Device]) -> tuple[str, ...]:
    """The names of every device that has to compute: all cards, or the CPU."""
    return tuple(device.name for device in devices if device.kind is wanted)


def wanted_kind(requested: str, devices: Sequence[Device]) -> Kind:
    """What has to compute: as requested, and for `auto` a GPU where one is listed."""
    if requested == "auto":
        return Kind.GPU if Kind.GPU in {device.kind for device in devices} else Kind.CPU
    return Kind(requested.upper())


def check_listed(wanted: Kind, devices: Sequence[Device]) -> Check:
    """Is there a device of the wanted kind?"""
    names = ", ".join(device.name for device in devices)
    missing = wanted not in {device.kind for device in devices}
    reason = f"a {wanted} was asked for and the framework lists none" if missing else ""
    return check("devices_listed", reason, seen=names, expected=f"at least one {wanted}")


def check_used(wanted: Kind, places: Sequence[str]) -> Check:
    """Did the wanted kind of device compute everything? `places` are those of real tensors."""
    seen = ", ".join(sorted(set(places)))
    reason = "" if common_kind(places) is wanted else f"asked for the {wanted}, and what computed is {seen}"
    return check("device_used", reason, seen=seen, expected=wanted)


def common_kind(places: Sequence[str]) -> Kind | None:
    """The one kind of device in names such as `GPU:1`; None where they are of several kinds, or of none we know."""
    kinds = {place.partition(":")[0] for place in places}
    return Kind(kinds.pop()) if len(kinds) == 1 and kinds <= set(Kind) else None


class Weight(Protocol):
    """A weight of a Keras model. Keras 3 has its tensor as an attribute, Keras 2 (TensorFlow to 2.15) as a method."""

    name: str

    @property
    def value(self) -> object:
        """The tensor, or what returns it."""
        ...


def tensor_of(weight: Weight) -> object:
    """The tensor in the framework below Keras."""
    return weight.value() if callable(weight.value) else weight.value


def places_of(framework: Framework, model: Any, inputs: object) -> tuple[str, ...]:  # noqa: ANN401  Keras carries no types here
    """Where every weight of a Keras model is, and what it gives for these inputs."""
    tensors = (*map(tensor_of, model.weights), model(inputs, training=False))
    return tuple(framework.place(tensor) for tensor in tensors)


def tell_used(record: Record, wanted: Kind, places: Sequence[str]) -> None:
    """Put on record what computed, and whether it is what was wanted. `places` are those of real tensors."""
    record.used = common_kind(places)
    record.check(check_used(wanted, places))


def tell_memory(record: Record, framework: Framework) -> None:
    """Put on record whether the framework kept to its limit, where one was asked for."""
    limit_mib = record.arguments.memory_limit_mib
    if limit_mib is not None:
        record.check(check_memory(limit_mib, framework.peak_mib()))


_FRAMEWORKS: dict[str, Callable[[int | None, Sequence[Card]], Framework]] = {
    "tensorflow": TensorFlow,
    "jax": Jax,
    "torch": Torch,
}
BACKENDS = tuple(_FRAMEWORKS)


def _counted(record: Record, cards: Sequence[Card] | None, devices: Sequence[Device]) -> Check:
    evidence = record.evidence
    counts = counting.count(ROOT, cards, devices, evidence.gpus_before, os.environ)
    counts = counting.narrowed(counts, len(evidence.allocated) or counting.given_by_slurm(os.environ))
    record.evidence = replace(record.evidence, cards=counts)
    return counting.check_count(counts)


def _cpu() -> Device:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB
    models = (
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    )
    model = next(models, "CPU")
    cores = len(os.sched_getaffinity(0))
    return Device(name="CPU:0", kind=Kind.CPU, memory_mib=memory, description=f"{model}, {cores} cores")


def _gpus(count: int, cards: Sequence[Card]) -> tuple[Device, ...]:
    known = [*cards, *[None] * count][:count]
    return tuple(
        Device(
            name=f"GPU:{index}",
            kind=Kind.GPU,
            memory_mib=card.memory_mib if card else None,
            description=card.name if card else "unknown to the CUDA driver",
            uuid=card.uuid if card else "",
            address=card.address if card else "",
        )
        for index, card in enumerate(known)
    )


def _versions(backend: str) -> dict[str, str]:
    installed = {}
    for package in ("tensorflow", "tensorflow-cpu", "keras", "numpy", "jax", "torch", *_PLUGINS):
        with contextlib.suppress(metadata.PackageNotFoundError):
            installed[package] = metadata.version(package)
    versions = {"python": platform.python_version(), "backend": backend}
    versions |= {
        name.removesuffix("-cpu"): release for name, release in installed.items() if name not in _PLUGINS
    }
    if backend == "tensorflow" and "tensorflow-cpu" in installed and "tensorflow" not in installed:
        versions["wheel"] = f"tensorflow-cpu {installed['tensorflow-cpu']}"
    if backend == "jax" and not installed.keys() & set(_PLUGINS):
        versions["wheel"] = f"jax {installed.get('jax', '')} without a plugin for CUDA"
    return versions


_PLUGINS = ("jax-cuda12-plugin", "jax-cuda13-plugin")
"""What JAX needs to compute on a GPU. `wheel` in the versions is told where the framework has no code for any."""

"""The one door to TensorFlow, JAX and PyTorch as such: which devices they have, what computed, how much memory it took.

No framework is imported before `open_framework`, and none before the environment says what it may see.
"""

import contextlib
import os
import platform
from collections.abc import Callable, Sequence
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from workloads.cards import Card, check_limit_applies, check_limit_fits, nvidia_cards
from workloads.progress import Record
from workloads.result import Arguments, Check, Device, Kind, check

Tensor: TypeAlias = Any
"""A tensor of whichever framework: none of them is installed where types are checked."""

_MIB = 2**20


class Framework(Protocol):
    """What a workload has to know of the framework below Keras. Nothing here changes where anything is computed."""

    def gpu_count(self) -> int:
        """How many GPUs the framework can use."""
        ...

    def place(self, tensor: Tensor) -> str:
        """The device that really holds a tensor: `CPU:0`, `GPU:1` …"""
        ...

    def peak_mib(self) -> int:
        """The most memory that the framework has taken of any one GPU so far, rounded up."""
        ...


def environment(arguments: Arguments) -> dict[str, str]:
    """Variables to set before a framework is imported. A job for the CPU is shown no GPU, so that it can take none."""
    # Warnings stay: they say why a GPU cannot be used. JAX would else take most of a card at once.
    common = {
        "KERAS_BACKEND": arguments.backend,
        "TF_CPP_MIN_LOG_LEVEL": "1",
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    hidden = {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"} if arguments.device == "cpu" else {}
    return common | hidden


def open_framework(record: Record) -> tuple[Framework, Kind] | None:
    """Import and set up the framework; tell its versions and devices.

    Returns:
        The framework and the kind of device to compute on; None when that kind is not there, which is on record as a
        failed check.

    Raises:
        ImportError: the environment has no such framework, or a broken one.
        MemoryLimitError: the limit cannot be kept.
    """
    arguments, cards = record.arguments, nvidia_cards()
    check_limit_fits(arguments.memory_limit_mib, cards)
    framework = _FRAMEWORKS[arguments.backend](arguments.memory_limit_mib, cards)
    record.imported(_versions(arguments.backend))
    devices = (_cpu(), *_gpus(framework.gpu_count(), cards))
    record.listed(devices)
    wanted = wanted_kind(arguments.device, devices)
    listed = check_listed(wanted, devices)
    record.check(listed)
    if listed.reason:
        return None
    check_limit_applies(arguments.memory_limit_mib, wanted, cards)
    return framework, wanted


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

    @property
    def value(self) -> object:
        """The tensor, or what returns it."""
        ...


def tensor_of(weight: Weight) -> object:
    """The tensor in the framework below Keras."""
    return weight.value() if callable(weight.value) else weight.value


class _TensorFlow:
    def __init__(self, limit_mib: int | None, cards: Sequence[Card]) -> None:
        del cards
        self._tf = import_module("tensorflow")
        for gpu in self._tf.config.list_physical_devices("GPU"):
            if limit_mib is None:
                # Else it takes all of the card's memory, also what others on the host are about to need.
                self._tf.config.experimental.set_memory_growth(gpu, enable=True)
            else:
                limited = self._tf.config.LogicalDeviceConfiguration(memory_limit=limit_mib)
                self._tf.config.set_logical_device_configuration(gpu, [limited])

    def gpu_count(self) -> int:
        return len(self._tf.config.list_physical_devices("GPU"))

    def place(self, tensor: Tensor) -> str:
        spec = self._tf.DeviceSpec.from_string(tensor.device)
        return f"{spec.device_type}:{spec.device_index}"

    def peak_mib(self) -> int:
        info = self._tf.config.experimental.get_memory_info
        return max(_mib(info(f"GPU:{index}")["peak"]) for index in range(self.gpu_count()))


class _Jax:
    def __init__(self, limit_mib: int | None, cards: Sequence[Card]) -> None:
        if limit_mib is not None and cards:
            # JAX takes a share of each card. Of the largest, so that the limit holds on all.
            share = limit_mib / max(card.memory_mib for card in cards)
            os.environ["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{share:.6f}"
        self._gpus = [device for device in import_module("jax").devices() if device.platform == "gpu"]

    def gpu_count(self) -> int:
        return len(self._gpus)

    def place(self, tensor: Tensor) -> str:
        (device,) = tensor.devices()
        return f"{device.platform.upper()}:{device.id}"

    def peak_mib(self) -> int:
        return max(_mib(gpu.memory_stats()["peak_bytes_in_use"]) for gpu in self._gpus)


class _Torch:
    def __init__(self, limit_mib: int | None, cards: Sequence[Card]) -> None:
        self._cuda = import_module("torch").cuda
        if limit_mib is not None:
            for index, card in enumerate(cards[: self.gpu_count()]):
                self._cuda.set_per_process_memory_fraction(limit_mib / card.memory_mib, index)

    def gpu_count(self) -> int:
        return int(self._cuda.device_count()) if self._cuda.is_available() else 0

    def place(self, tensor: Tensor) -> str:
        kind = {"cuda": "GPU"}.get(tensor.device.type, tensor.device.type.upper())
        return f"{kind}:{tensor.device.index or 0}"

    def peak_mib(self) -> int:
        return max(_mib(self._cuda.max_memory_reserved(index)) for index in range(self.gpu_count()))


_FRAMEWORKS: dict[str, Callable[[int | None, Sequence[Card]], Framework]] = {
    "tensorflow": _TensorFlow,
    "jax": _Jax,
    "torch": _Torch,
}
BACKENDS = tuple(_FRAMEWORKS)


def _cpu() -> Device:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MIB
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
        )
        for index, card in enumerate(known)
    )


def _versions(backend: str) -> dict[str, str]:
    versions = {"python": platform.python_version(), "backend": backend}
    for package in ("tensorflow", "tensorflow-cpu", "keras", "numpy", "jax", "torch"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package.removesuffix("-cpu")] = metadata.version(package)
    return versions


def _mib(size: int) -> int:
    return -(-size // _MIB)

"""A framework and its engine in NumPy: devices that compute rightly, and those that do not. Time is counted, where a test gives a rate."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from io import BytesIO

import numpy as np

from tests.unit.workloads.asked import BEGAN
from workloads.devices.framework import Array
from workloads.gpu_burn.arguments import BurnArguments
from workloads.gpu_burn.job import load_and_judge
from workloads.gpu_burn.load.memory import expected
from workloads.gpu_burn.load.rig import Rig
from workloads.progress import Clock, Record
from workloads.result import Check, Device, Kind
from workloads.telemetry.series import CardName, reading

T4 = Device(name="GPU:0", kind=Kind.GPU, memory_mib=48, description="Tesla T4", uuid="GPU-a")
OTHER = Device(name="GPU:1", kind=Kind.GPU, memory_mib=48, description="Tesla T4", uuid="GPU-b")
CARD = CardName(index=0, uuid="GPU-a", name="Tesla T4")


@dataclass(slots=True)
class Held:
    """An array on a device."""

    array: Array
    device: str


@dataclass
class Time:
    """Seconds that pass where something is computed, and a little at each look."""

    now: float = 0.0

    def __call__(self) -> float:
        self.now += 1e-12
        return self.now


@dataclass
class Gpu:
    """Framework and engine at once. A fault is a function that a test puts in; each is given what it may spoil."""

    time: Time = field(default_factory=Time)
    tera_per_s: dict[str, float] = field(
        default_factory=lambda: {"float32": 5.0, "float16": 30.0, "float64": 0.2, "int8": 60.0}
    )
    """Of products, by NumPy's name of the factors' format."""
    gb_per_s: float = 250.0
    """Of memory."""
    link_gb_per_s: float = 12.0
    formats: tuple[str, ...] = ("float32", "float16")
    spoil_product: Callable[[Array, int, str], None] = lambda product, number, device: None
    """Each product, its number on that device from 1, and the device."""
    spoil_memory: Callable[[Array], None] = lambda cells: None
    """What lies in memory after it was written, a stretch at a time."""
    spoil_sent: Callable[[Array], None] = lambda cells: None
    """What arrives from the host."""
    look: Callable[[float], None] = lambda now: None
    """Is told the time at every product."""
    products: dict[str, int] = field(default_factory=dict)
    answers: dict[tuple[int, int], tuple[Held, Held, Array]] = field(default_factory=dict)
    """Of factors that were multiplied already: hundreds of times the same would take a test seconds."""

    def place(self, tensor: Held) -> str:
        return tensor.device

    def put(self, array: Array, device: str) -> Held:
        self.time.now += array.nbytes / 6e9
        sent = np.array(array)
        if array.dtype == np.int64 and array[0] != 0:  # not the addresses
            self.spoil_sent(sent)
        return Held(sent, device)

    def fetch(self, tensor: Held) -> Array:
        self.time.now += tensor.array.nbytes / 6e9
        return tensor.array

    def format(self, name: str) -> AbstractContextManager[object]:
        del name
        return nullcontext()

    def matrix(self, array: Array, name: str, device: str) -> Held:
        return Held(array.astype("float32" if name == "tf32" else name), device)

    def multiply(self, left: Held, right: Held) -> Held:
        number = self.products[left.device] = self.products.get(left.device, 0) + 1
        self.time.now += 2 * len(left.array) ** 3 / (self.tera_per_s[str(left.array.dtype)] * 1e12)
        self.look(self.time.now)
        pair = id(left), id(right)
        if pair not in self.answers:
            wide = left.array.astype("float32") @ right.array.astype("float32")
            self.answers[pair] = left, right, wide.astype(left.array.dtype)
        product = self.answers[pair][2].copy()
        self.spoil_product(product, number, left.device)
        return Held(product, left.device)

    def differences(self, left: Held, right: Held) -> Held:
        return Held(np.array((left.array != right.array).sum()), left.device)

    def widened(self, tensor: Held) -> Array:
        return tensor.array.astype("float64")

    def wait(self, tensor: Held) -> None:
        if tensor.array.dtype == np.int64 and tensor.array.ndim:
            self.spoil_memory(tensor.array)

    def invert(self, tensor: Held) -> Held:
        self.time.now += 2 * tensor.array.nbytes / (self.gb_per_s * 1e9)
        return Held(~tensor.array, tensor.device)

    def pattern(self, kind: str, base: Held, offset: int, step: int) -> Held:
        return Held(expected(kind, base.array + offset, step), base.device)

    def total(self, tensor: Held) -> Held:
        return Held(np.array(tensor.array.sum()), tensor.device)

    def pin(self, array: Array, device: str) -> Held | None:
        return Held(np.array(array), f"pinned beside {device}")

    def move(self, tensor: Held, device: str) -> Held:
        self.time.now += tensor.array.nbytes / (self.link_gb_per_s * 1e9)
        return Held(np.array(tensor.array), device)

    def pull_pinned(self, tensor: Held) -> Held | None:
        self.time.now += tensor.array.nbytes / (self.link_gb_per_s * 1e9)
        return Held(np.array(tensor.array), "pinned")


HEALTHY = {
    "temperature_c": 65.0,
    "power_w": 69.0,
    "clock_sm_mhz": 1100.0,
    "pcie_generation": 3.0,
    "pcie_width": 16.0,
}


def loaded(
    gpu: Gpu,
    *devices: Device,
    figures: dict[str, float] | None = None,
    throttle_bits: int = 0x4,
    events: tuple[str, ...] = (),
    memory_share: float = 0.5,
    precisions: str = "",
) -> tuple[dict[str, Check], Record]:
    """The checks of a whole load of these devices, while the first card reads as it is told; no figures: it is not read."""
    record = Record(ARGUMENTS, (), clock_of(gpu.time), BytesIO())
    record.listed(devices or (T4,))
    told = list(events)

    def look(now: float) -> None:
        if figures != {}:
            event, told[:] = told[:1], told[1:]
            record.telemetry.add(
                CARD, reading(now, HEALTHY | (figures or {}), throttle_bits, filter(None, event))
            )

    gpu.look = look
    rig = Rig(framework=gpu, engine=gpu, clock=record.elapsed_s, tell=record.step)
    arguments = replace(ARGUMENTS, memory_share=memory_share, precisions=precisions)
    load_and_judge(record, arguments, rig, [device.name for device in devices or (T4,)])
    return {check.name: check for check in record.result(None).checks}, record


ARGUMENTS = BurnArguments(
    workload="gpu_burn",
    device="gpu",
    backend="tensorflow",
    memory_limit_mib=None,
    seed=1,
    attempt="",
    seconds=0.0001,
    precisions="",
    memory_share=0.5,
    size=64,
)


def clock_of(time: Time) -> Clock:
    return Clock(utc=lambda: BEGAN, monotonic=time, uptime=time, boot_id="")

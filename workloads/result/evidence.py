"""What a job brings besides its checks, so that others can judge it again: where it ran, what it read, what cards said. Pure.

None of this turns a check green. `NOT_SUPPORTED` stands where a card has no such counter: that is never the same as zero.
"""

from dataclasses import dataclass
from typing import TypeAlias

NOT_SUPPORTED = "not supported"

Reading: TypeAlias = int | float | str
"""A counter, a figure, a word; `NOT_SUPPORTED`, or `not readable: <why>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRecord:
    """The host's own word on when a job ran."""

    boot_id: str
    """/proc/sys/kernel/random/boot_id: another one after every start of the machine; empty when unreadable."""
    started_uptime_s: float
    """CLOCK_BOOTTIME at the job's start and end: seconds since the machine started, which nobody can set."""
    finished_uptime_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardCounts:
    """How many NVIDIA cards each layer has, from the bus up to the framework. None: it could not be asked."""

    pci_bus: int
    """Display devices on the bus, without those that are handed to virtual machines (vfio-pci)."""
    device_nodes: int
    """/dev/nvidia0, /dev/nvidia1 …: what a container was given."""
    nvml: int | None
    cuda: int | None
    listed: int
    """GPUs of the framework."""
    expected: int
    """How many it has to list: the most of the layers below; one where cards are in MIG mode."""
    mig: int
    """Cards that NVML has in MIG mode: of all their slices CUDA shows one process a single one."""
    hidden_by: str
    """The setting that hides cards from the job, `CUDA_VISIBLE_DEVICES=0`; empty for none."""
    allocated: int = 0
    """How many the job asked for and took (`--gpus`): then so many are enough. 0: it did not ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A file of the data set as this job read it."""

    name: str
    split: str
    """`training` or `test`."""
    records: int
    """Images or labels in it."""
    sha256: str
    """Of the very bytes that were trained on, unpacked."""
    expected_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswer:
    """Sums with known answers on one device. Errors are the largest of all elements, as a share of what is allowed."""

    device: str
    """`GPU:1`: the one that was asked."""
    places: tuple[str, ...]
    """The devices that really hold the answers."""
    matmul_error: float
    forward_error: float
    gradient_error: float
    still: tuple[str, ...]
    """Layers whose gradient is zero or whose weights did not change."""
    first_loss: float
    last_loss: float
    loss_error: float
    """Over all steps, against NumPy's."""
    training_accuracy: float
    test_accuracy: float
    """On images that the steps did not see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting of the user or the host that the job did not follow, or followed and tells."""

    name: str
    found: str
    used: str
    source: str
    """`environment`, or a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuProcess:
    """A process on a card that is not this job."""

    pid: int
    kind: str
    """`compute` or `graphics`."""
    memory_mib: int | None
    user: str = ""
    """Whose it is; empty where it is not to be seen, as from within a container."""
    program: str = ""
    """Its name, without arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReading:
    """One card as NVML has it, at one time."""

    index: int
    uuid: str
    address: str
    """On the PCI bus, `0000:00:1e.0`."""
    name: str
    facts: dict[str, Reading]
    """By name, unit in the name: `ecc_uncorrected_volatile`, `pcie_width`, `temperature_c` …"""
    processes: tuple[GpuProcess, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuReadings:
    """All cards as NVML has them, at one time."""

    driver: str
    """Its version; empty when unknown."""
    error: str
    """Why nothing could be read; empty when it could."""
    gpus: tuple[GpuReading, ...]
    xids: tuple[str, ...]
    """Faults that the driver wrote into the kernel's log since it started or reported since the reading before, oldest first."""
    xids_from: str
    """Where `xids` come from; empty where neither the kernel's log nor the driver's events can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All of it; empty where a job did not get that far."""

    cards: CardCounts | None = None
    data: tuple[DataFile, ...] = ()
    known_answers: tuple[KnownAnswer, ...] = ()
    settings: tuple[Setting, ...] = ()
    allocated: tuple[str, ...] = ()
    """UUIDs of the cards that the job asked for and took; empty: it did not ask, and takes what it is shown."""
    gpus_before: GpuReadings | None = None
    gpus_after: GpuReadings | None = None
    notes: tuple[str, ...] = ()
    """What a person should know and no check fails for."""

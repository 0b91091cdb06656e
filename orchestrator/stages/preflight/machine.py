"""What stands in the way on the machine as a whole: its architecture, its memory, its disks. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from orchestrator.models import Builder, Framework, HostFacts, PackageSource, Stack, Toolkit
from orchestrator.stages.preflight.driver import is_due
from orchestrator.stages.preflight.finding import Finding
from orchestrator.stages.preflight.paths import DESKTOP_RECORD, DISTRO_TOOLKIT, NVIDIA_TOOLKIT, InstallPaths

ARCHITECTURES = ("x86_64", "aarch64")
"""What NVIDIA's driver and the frameworks' wheels exist for."""

LEAST_MEMORY_MIB = 1000
ENOUGH_MEMORY_MIB = 3500
"""An import of TensorFlow 2.21 takes 0.5 GB and the Fashion-MNIST training 1.5 GB, as measured on the CPU; a machine sold with
4 GB shows a little less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Space that one part of the stack takes in one folder."""

    what: str
    folder: str
    mib: int


DRIVER = (
    Need(what="driver", folder="/usr", mib=700),
    Need(what="driver's packages", folder="/var/cache/apt/archives", mib=300),
    Need(what="DKMS", folder="/var/lib/dkms", mib=400),
    Need(what="initramfs", folder="/boot", mib=100),
)
"""Debian 13, by apt's reckoning without recommended packages: nvidia-kernel-dkms 550, nvidia-smi, libcuda1 and headers are
283 MB to fetch, 655 MB installed. DKMS compiles in a copy of its sources, 72 MB; the rest of it, the modules, is reckoned. An
initramfs of Debian is 47 MB, Ubuntu's larger, and the new one is written beside the old."""

DISTRO_CUDA = (
    Need(what="CUDA toolkit", folder="/usr", mib=5100),
    Need(what="CUDA's packages", folder="/var/cache/apt/archives", mib=1900),
)
"""Debian 13, as above: nvidia-cuda-toolkit and nvidia-cudnn are 1916 MB to fetch, 5165 MB installed."""

NVIDIA_CUDA = (
    Need(what="CUDA toolkit", folder="/usr/local", mib=6500),
    Need(what="CUDA's packages", folder="/var/cache/apt/archives", mib=3000),
)
"""cuda-toolkit-12-x of NVIDIA's repository, reckoned from its packages; the repository was not within reach."""

CONDA_MIB = 1000
"""Miniforge, by the role conda."""

BASE = Need(what="packages", folder="/var/cache/apt/archives", mib=100)
"""Measured on Debian 13: apt's lists take 92 and what it makes of them with a few packages 91, the first of which may be there."""

DESKTOP = (
    Need(what="desktop", folder="/usr", mib=820),
    Need(what="desktop's packages", folder="/var/cache/apt/archives", mib=180),
)
"""Role vnc on a bare Debian 13, as measured for its README: 680 and 147, the browser's part 135 and 30 more."""

NOTEBOOKS_MIB = 1500
"""What the role notebooks asks for before it builds, downloads included."""

CUDA_ENVIRONMENT_MIB = {Framework.TENSORFLOW: 10500, Framework.JAX: 9000, Framework.TORCH: 12000}
CPU_ENVIRONMENT_MIB = {Framework.TENSORFLOW: 2300, Framework.JAX: 1800, Framework.TORCH: 2300}
CPU_TWIN_MIB = 1600
"""The first two are what the role ml_env asks for before it builds, downloads included. A twin's downloads are smaller than
those that are gone by then, so it adds what is left of it."""


def machine_findings(facts: HostFacts) -> Iterator[Finding]:
    """What no role can mend, where a training is to run."""
    if facts.architecture not in ARCHITECTURES:
        yield Finding(
            f"its programs are for {facts.architecture}: there is no framework for that",
            f"install a system of 64 bits: {' or '.join(ARCHITECTURES)}",
            blocks=True,
        )
    if facts.memory_mib < ENOUGH_MEMORY_MIB:
        yield Finding(
            f"it has {facts.memory_mib} MiB of memory: a training may be ended by the kernel",
            "give it 4 GB or more",
            blocks=facts.memory_mib < LEAST_MEMORY_MIB,
        )


def disk_findings(
    facts: HostFacts, stack: Stack | None, places: InstallPaths, roles: Collection[str]
) -> Iterator[Finding]:
    """Disks that will be too small, each with all that is to lie on it.

    Args:
        facts: what is there, and free.
        stack: what is to be installed for trainings; None for nothing.
        places: where.
        roles: those that will be applied; of these the ones that install services.
    """
    by_mount: dict[str, list[Need]] = {}
    for need in (*_needs(facts, stack, places), *_service_needs(facts, places, roles)):
        by_mount.setdefault(_mount_of(need.folder, facts.disk_free_mib), []).append(need)
    for mount, needs in by_mount.items():
        free, wanted = facts.disk_free_mib[mount], sum(need.mib for need in needs)
        if free < wanted:
            parts = ", ".join(f"{need.what} {need.mib}" for need in needs)
            yield Finding(
                f"the disk of {mount} has {free} MiB free, and {wanted} are needed ({parts})",
                "make space there, or set `ml_env_root`, `conda_prefix` and `notebooks_root` under `vars:` to folders of a larger disk",
                blocks=True,
            )


def _needs(facts: HostFacts, stack: Stack | None, places: InstallPaths) -> Iterator[Need]:
    """What is not there yet. What is there and will be built anew is the roles' own concern."""
    if stack is None:
        return
    if stack.driver and not facts.container and is_due(facts, stack.driver):
        yield from DRIVER
    if stack.toolkit and not facts.container:
        yield from _toolkit_needs(facts, stack.toolkit)
    if stack.builder is Builder.CONDA and places.conda not in facts.present:
        yield Need(what="conda", folder=places.conda, mib=CONDA_MIB)
    environment, twin = places.environment(), places.environment(twin=True)
    if environment not in facts.present:
        yield BASE
        mib = (CUDA_ENVIRONMENT_MIB if stack.cuda else CPU_ENVIRONMENT_MIB)[stack.framework]
        yield Need(what=f"environment with {stack.title}", folder=environment, mib=mib)
    if stack.cuda and stack.framework is not Framework.TORCH and twin not in facts.present:
        yield Need(what="its twin for the CPU", folder=twin, mib=CPU_TWIN_MIB)


def _service_needs(facts: HostFacts, places: InstallPaths, roles: Collection[str]) -> Iterator[Need]:
    """What people use besides training and is not there yet; the other services take a few megabytes."""
    if "vnc" in roles and DESKTOP_RECORD not in facts.present:
        yield from DESKTOP
    if "notebooks" in roles and places.jupyter not in facts.present:
        yield Need(what="notebooks", folder=places.jupyter, mib=NOTEBOOKS_MIB)


def _toolkit_needs(facts: HostFacts, toolkit: Toolkit) -> tuple[Need, ...]:
    if toolkit.source is PackageSource.DISTRO:
        return () if DISTRO_TOOLKIT in facts.present else DISTRO_CUDA
    return () if f"{NVIDIA_TOOLKIT}{toolkit.cuda}" in facts.present else NVIDIA_CUDA


def _mount_of(folder: str, free: dict[str, int]) -> str:
    """The mount point that the folder lies below."""
    path = PurePosixPath(folder)
    return max((mount for mount in free if path.is_relative_to(mount)), key=len)

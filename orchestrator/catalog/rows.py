"""What a row of each table says. Values only: reads no file and decides nothing.

A column has the name of its field. A field with a default may be empty in the table; every other one is filled in.
Each row ends with where it comes from, how far that is to be trusted, and a note for people.
"""

from dataclasses import dataclass

from orchestrator.models import Confidence, Flavour, PackageSource

Capability = tuple[int, int]
"""A CUDA compute capability: (8, 6) is 8.6."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU as CUDA sees it: a board with two is two of them."""

    gpu: str
    """The name that the rest of the catalog uses."""
    aliases: tuple[str, ...] = ()
    """Other names, in the form that `names.key` makes of a name."""
    architecture: str
    compute_capability: Capability
    memory_mib: int = 0
    """The least that is sold under the name; 0 when unknown."""
    first_branch: str
    """The oldest driver branch known to have it."""
    newest_branch: str = ""
    """The last that has it, where that is not the last of its architecture."""
    nvswitch_from: int = 0
    """From so many of them in one host on there is NVSwitch between them; 0 for never."""
    host: str
    """`x86_64`, or `aarch64` for those that are only offered with an ARM CPU."""
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PciDevice:
    """A PCI device id of vendor 10de that is a GPU."""

    device_id: str
    """Four lower-case hexadecimal digits."""
    name: str
    gpu: str = ""
    """Its name in the table of GPUs; empty for the many that are not in there."""
    chip: str
    architecture: str
    compute_capability: Capability
    first_branch: str
    """The oldest branch whose list of devices has it; the LTS branch where no list was read that could have it."""
    newest_branch: str
    host: str = "x86_64"
    first_branch_read: bool
    """False: nobody read which driver was the first that knows it; `first_branch` is assumed."""
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverBranch:
    """A branch of NVIDIA's Linux driver."""

    branch: str
    newest_version: str
    proprietary: tuple[str, ...] = ()
    """Architectures that its proprietary kernel modules drive."""
    open: tuple[str, ...] = ()
    """Architectures that its open kernel modules drive."""
    life: str
    """`lts`, `production`, `feature`, `legacy` (kept for old cards) or `ended`."""
    ends: str = ""
    """Year and month of the end of support, where it is known."""
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverPackages:
    """How to install one branch, in one flavour, on one distribution."""

    distribution: str
    origin: PackageSource
    branch: str
    flavour: Flavour
    packages: tuple[str, ...]
    version: str
    """The newest that is known to be there."""
    fabric_manager: tuple[str, ...] = ()
    """Packages of the fabric manager of the same version; empty when there are none."""
    nvlink5: tuple[str, ...] = ()
    """What Blackwell's NVSwitch needs on top."""
    prebuilt: tuple[str, ...] = ()
    """Kernel flavours, `aws` or `generic-hwe-24.04`, for which the distribution builds and signs the modules. The list is read
    from package lists that others quote; on a host its apt decides."""
    components: tuple[str, ...] = ()
    """Components of the distribution's archive that have to be on."""
    hosts: tuple[str, ...]
    """CPU architectures it is there for."""
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A distribution that hosts may have."""

    distribution: str
    label: str
    codename: str
    python: str
    gcc: str
    kernel: str
    nvidia_repository: str
    """What NVIDIA's repository calls it."""
    cuda: str
    """The toolkit that the distribution itself packages."""
    cuda_packages: tuple[str, ...]
    cuda_gcc: str
    """The newest gcc that its packaged nvcc accepts."""
    cudnn: str = ""
    """The cuDNN that goes with it; empty when none is known."""
    cudnn_packages: tuple[str, ...] = ()
    mok_key: str
    """Where the key is with which DKMS signs modules there, for `mokutil --import`."""
    tried: bool
    """Else the roles ran only on hosts of another one that said they were of it."""
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CudaRelease:
    """A minor release of CUDA."""

    cuda: str
    driver: str
    """The driver it came with: every feature works from this version on."""
    compatible_driver: str = ""
    """The oldest driver that runs what was compiled for a card; empty before minor-version compatibility (CUDA 11)."""
    capabilities: tuple[Capability, ...]
    """Those for which its compiler makes code and its libraries hold it, oldest first."""
    gcc_max: str
    """The newest major version of gcc that its nvcc accepts."""
    ptx_isa: str
    """The version of PTX that it brought, and that drivers know from `driver` on."""
    packages: tuple[str, ...] = ()
    """The toolkit in NVIDIA's repository."""
    nvidia_repository: tuple[str, ...] = ()
    """Distributions for which NVIDIA's repository is known to have it."""
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CudnnRange:
    """The releases of cuDNN from `first` to `last`, for CUDA from `cuda_first` to `cuda_last`."""

    first: str
    last: str
    cuda_first: str
    cuda_last: str
    cc_min: Capability
    cc_max: Capability
    packages: tuple[str, ...] = ()
    """Of the library in NVIDIA's repository."""
    nvidia_repository: tuple[str, ...] = ()
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ec2Type:
    """An EC2 instance type with a GPU."""

    instance_type: str
    vcpus: int = 0
    memory_mib: int = 0
    host: str
    vendor: str
    gpu: str = ""
    """Empty for another vendor's."""
    gpu_count: int = 0
    gpu_share: str
    """`1`, or the fraction of a card that it has, `1/8`."""
    gpu_memory_mib: int = 0
    """Of each, as EC2 says."""
    usd_per_hour: float = 0.0
    """On demand, Linux, us-east-1; 0 when unknown."""
    price_date: str = ""
    status: str
    """`current`, `previous` (still offered), `capacity-block` or `retired`."""
    retired: str = ""
    """By when it was gone."""
    us_east_1: bool
    source: str
    confidence: Confidence
    note: str = ""

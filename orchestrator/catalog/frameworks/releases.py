"""What a row of the tables of TensorFlow, JAX and PyTorch says: one form for the three. Values only."""

from dataclasses import dataclass

from orchestrator.catalog.names import minor
from orchestrator.catalog.rows import Capability
from orchestrator.models import Confidence, Framework


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkRelease:
    """A release of a framework, and its wheel for x86_64 with CUDA."""

    release: str
    package: str
    """Its name for pip: `tensorflow`, `tensorflow-gpu`, `jax`, `torch`."""
    pythons: tuple[str, ...]
    """Pythons that the wheel with CUDA exists for."""
    cuda: str
    """What it was built with."""
    cudnn: str
    """The oldest that it accepts, of the same major version."""
    sass: tuple[Capability, ...]
    """Machine code in the wheel; of JAX, in that of its plugin, since it has the rest compiled for the card that is there."""
    ptx: tuple[Capability, ...] = ()
    """Code in the wheel that the driver compiles when a program starts."""
    ptx_isa: str = ""
    """The newest version of PTX in the wheel; empty where that of its CUDA is to be assumed."""
    ptx_for_newer: bool
    """True when the PTX can be compiled for newer cards; that for `sm_90a` is for 9.0 and nothing else."""
    extra_pythons: tuple[str, ...] = ()
    """Pythons on which all exists that it asks for with CUDA, and Keras with it; empty where it brings no CUDA, or none that works."""
    pins: tuple[str, ...] = ()
    """NVIDIA's libraries as it asks for them; empty where it brings none."""
    constraints: tuple[str, ...] = ()
    """Caps that its own metadata forgot."""
    cpu_pythons: tuple[str, ...] = ()
    """Pythons that its build for the CPU exists for: `tensorflow-cpu`, `jax` without its extra, `torch` of PyTorch's own index."""
    aarch64_pythons: tuple[str, ...] = ()
    """Pythons that a wheel for aarch64 exists for, which computes on the CPU."""
    usable: bool
    """False: the wheel is known to be wrong."""
    yanked: bool
    source: str
    confidence: Confidence
    note: str = ""

    @property
    def framework(self) -> Framework:
        """Whose release it is."""
        return Framework.TENSORFLOW if self.package.startswith("tensorflow") else Framework(self.package)

    @property
    def title(self) -> str:
        """`PyTorch 2.9.1`."""
        return f"{self.framework.label} {self.release}"

    @property
    def minor(self) -> str:
        """`2.14` of `2.14.1`."""
        return minor(self.release)

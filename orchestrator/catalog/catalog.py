"""All tables in one value, and the look-ups by name. Reads the files that came with the package, once a process."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from orchestrator.catalog import names, rows
from orchestrator.catalog.cards.index import Index
from orchestrator.catalog.cards.instance_types import UnknownInstanceTypeError, refuse_without_gpu
from orchestrator.catalog.cards.name_parser import parse, several
from orchestrator.catalog.cards.unsupported import AmbiguousGpuError, UnknownGpuError
from orchestrator.catalog.constants import FitConstant
from orchestrator.catalog.dates import TableDate
from orchestrator.catalog.desktop import DesktopCard
from orchestrator.catalog.frameworks.defects import CudnnDefect
from orchestrator.catalog.frameworks.loading import LibraryOrigin, TensorFlowLoading
from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.catalog.reader import CatalogError, read
from orchestrator.errors import UsageError
from orchestrator.models import Framework

DATA = Path(__file__).resolve().parent / "data"
_NEAREST = 3
UNTRIED = "hosts of Debian alone, some of which said that they were Ubuntu"
"""What the roles ran on instead of an untried distribution."""


class UnknownDistributionError(UsageError):
    """The catalog knows nothing of this distribution."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalog:
    """The tables, in the order of their files, and what is looked up in them."""

    gpus: tuple[rows.Gpu, ...]
    pci_devices: tuple[rows.PciDevice, ...]
    driver_branches: tuple[rows.DriverBranch, ...]
    driver_packages: tuple[rows.DriverPackages, ...]
    cuda: tuple[rows.CudaRelease, ...]
    cudnn: tuple[rows.CudnnRange, ...]
    cudnn_defects: tuple[CudnnDefect, ...]
    tensorflow: tuple[FrameworkRelease, ...]
    jax: tuple[FrameworkRelease, ...]
    torch: tuple[FrameworkRelease, ...]
    tensorflow_loading: tuple[TensorFlowLoading, ...]
    ec2_types: tuple[rows.Ec2Type, ...]
    distributions: tuple[rows.Distribution, ...]
    desktop_cards: tuple[DesktopCard, ...]
    fit_constants: tuple[FitConstant, ...]
    tables: tuple[TableDate, ...]
    _index: Index = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", Index(self.gpus, self.pci_devices))

    def gpu(self, name: str) -> rows.Gpu:
        """The GPU of this name, however it is written: `Tesla K80`, `K80`, `10de:102d`, a line of lspci.

        Raises:
            UnknownGpuError: there is none; the hint has others of its family.
            AmbiguousGpuError: cards between which an answer differs have this name.
        """
        return self._index.find(name)

    def cards(self, name: str) -> tuple[rows.Gpu, ...]:
        """As `gpu`, with a count before or behind the name: `8xB200`, `2x T4`; several with `+` or a comma between. Raises as `gpu`."""
        parts = several(name)
        if len(parts) > 1:
            try:
                return tuple(card for part in parts for card in self.cards(part))
            except AmbiguousGpuError:
                raise
            except UnknownGpuError:
                pass  # a comma or a plus in the name of one card
        return (self.gpu(name),) * parse(name).count

    def device(self, device_id: str) -> rows.PciDevice | None:
        """The GPU with this PCI device id of vendor 10de; None for an unknown one."""
        return self._index.device(device_id.lower())

    def gpu_of(self, device: rows.PciDevice) -> rows.Gpu:
        """The GPU behind a PCI device. Of one outside the table of GPUs the memory is unknown."""
        return self.gpu(self._index.name_of(device))

    def devices_of(self, gpu: rows.Gpu) -> tuple[rows.PciDevice, ...]:
        """The PCI devices that a card may be."""
        return self._index.devices_of(gpu)

    def desktop_card(self, gpu: rows.Gpu) -> DesktopCard | None:
        """The board of this GPU; None where nobody read what it asks of a machine."""
        names = {gpu.gpu, gpu.gpu.split(" (10de:")[0], re.sub(r" \d+GB$", "", gpu.gpu)}
        return next((each for each in self.desktop_cards if each.gpu in names), None)

    def fit_constant(self, name: str) -> FitConstant:
        """The figure of this name, which has to be there: KeyError is a fault of the program."""
        found = {each.constant: each for each in self.fit_constants}
        return found[name]

    def is_branch_read(self, gpu: rows.Gpu) -> bool:
        """Whether somebody read which driver is the first that knows the card; else it is assumed."""
        return self._index.is_branch_read(gpu)

    def ec2_type(self, name: str) -> rows.Ec2Type:
        """The EC2 type of this name.

        Raises:
            UnknownInstanceTypeError: there is none with a GPU.
        """
        types = {each.instance_type: each for each in self.ec2_types}
        if name in types:
            return types[name]
        refuse_without_gpu(name)
        nearest = _nearest(name, {key: key for key in types})
        raise UnknownInstanceTypeError(
            f"no EC2 type with a GPU is known as {name!r}",
            f"one of {', '.join(nearest)}"
            if nearest
            else "a type of the families g and p, such as g4dn.xlarge",
        )

    def distribution(self, name: str) -> rows.Distribution:
        """The distribution of this name: `debian-12`, `Debian 12.8`, `bookworm`, `ubuntu24.04`.

        Raises:
            UnknownDistributionError: there is none.
        """
        asked = names.distribution(name)
        for each in self.distributions:
            if asked in (each.distribution, each.codename):
                return each
        known = ", ".join(each.distribution for each in self.distributions)
        system, _, number = asked.partition("-")
        last = max(
            (each.distribution for each in self.distributions if each.distribution.startswith(f"{system}-")),
            default="",
        )
        if last and names.version(number) > names.version(last):
            raise UnknownDistributionError(
                f"{name!r} is newer than what the catalog knows, which ends with {last}: nobody read its drivers, its CUDA and its"
                " Python",
                f"a host with {last}; its facts are rows of distributions.csv and driver_packages.csv",
            )
        raise UnknownDistributionError(f"no distribution is known as {name!r}", f"one of {known}")

    def untried(self, distributions: Iterable[str]) -> tuple[str, ...]:
        """Of these distributions those that the roles never ran on, by their labels. What is not in the catalog is passed over."""
        asked = set(distributions)
        return tuple(
            each.label for each in self.distributions if each.distribution in asked and not each.tried
        )

    def releases(self, framework: Framework) -> tuple[FrameworkRelease, ...]:
        """Of one framework, oldest first."""
        return {
            Framework.TENSORFLOW: self.tensorflow,
            Framework.JAX: self.jax,
            Framework.TORCH: self.torch,
        }[framework]

    def branch(self, name: str) -> rows.DriverBranch | None:
        """The driver branch of this name; None for an unknown one."""
        return next((each for each in self.driver_branches if each.branch == name), None)

    def loading(self, tensorflow: str, python: str, libraries: LibraryOrigin) -> TensorFlowLoading | None:
        """What this release's own loader did with libraries from there; None where it was never asked."""
        for row in self.tensorflow_loading:
            if (row.tensorflow, row.libraries) == (tensorflow, libraries) and python in row.pythons:
                return row
        return None


@cache
def load() -> Catalog:
    """The catalog that came with this package.

    Raises:
        CatalogError: a table is broken, which only a changed installation can cause.
    """
    return load_from(DATA)


def load_from(folder: Path) -> Catalog:
    """The catalog in a folder.

    Raises:
        CatalogError: a table is missing or broken.
    """
    try:
        return Catalog(
            gpus=read(rows.Gpu, folder / "gpus.csv"),
            pci_devices=read(rows.PciDevice, folder / "pci_devices.csv"),
            driver_branches=read(rows.DriverBranch, folder / "driver_branches.csv"),
            driver_packages=read(rows.DriverPackages, folder / "driver_packages.csv"),
            cuda=read(rows.CudaRelease, folder / "cuda.csv"),
            cudnn=read(rows.CudnnRange, folder / "cudnn.csv"),
            cudnn_defects=read(CudnnDefect, folder / "cudnn_defects.csv"),
            tensorflow=read(FrameworkRelease, folder / "tensorflow.csv"),
            jax=read(FrameworkRelease, folder / "jax.csv"),
            torch=read(FrameworkRelease, folder / "torch.csv"),
            tensorflow_loading=read(TensorFlowLoading, folder / "tensorflow_loading.csv"),
            ec2_types=read(rows.Ec2Type, folder / "ec2_types.csv"),
            distributions=read(rows.Distribution, folder / "distributions.csv"),
            desktop_cards=read(DesktopCard, folder / "desktop_cards.csv"),
            fit_constants=read(FitConstant, folder / "fit_constants.csv"),
            tables=read(TableDate, folder / "tables.csv"),
        )
    except OSError as error:
        raise CatalogError(f"{error.filename} cannot be read", "install this program again") from error


def _nearest(name: str, known: dict[str, str]) -> list[str]:
    from difflib import get_close_matches

    return list(dict.fromkeys(known[key] for key in get_close_matches(name, known, _NEAREST, 0.5)))

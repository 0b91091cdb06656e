"""What a row of the table of loading says: whether a release of TensorFlow finds NVIDIA's libraries. Values only."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.models import Confidence


class LoadOutcome(StrEnum):
    """What TensorFlow's own loader said of the libraries that it needs for a GPU."""

    LOADED = "loaded"
    """It found each where it is put."""
    MENDED = "mended"
    """It found them with the links that role ml_env makes, and not without."""
    FAILED = "failed"


class LibraryOrigin(StrEnum):
    """Where the libraries lay when it was asked."""

    WHEELS = "wheels"
    """In the folders where pip puts them for `tensorflow[and-cuda]`."""
    SYSTEM = "system"
    """On the linker's own path, as a toolkit of the system has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorFlowLoading:
    """What the loader in a release's wheels did, for the Pythons for which it did the same."""

    tensorflow: str
    pythons: tuple[str, ...]
    libraries: LibraryOrigin
    outcome: LoadOutcome
    asked: tuple[str, ...]
    """The libraries that it looked for."""
    missing: tuple[str, ...] = ()
    """Those of them that it did not find; of a release that loads, at most what no GPU depends on."""
    links: tuple[str, ...] = ()
    """Links that role ml_env makes for what is missing, as paths in the folder of packages."""
    left: tuple[str, ...] = ()
    """What is missing with these links as well."""
    source: str
    confidence: Confidence
    note: str = ""

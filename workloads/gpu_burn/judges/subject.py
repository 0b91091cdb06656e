"""One device, what its catalogue says, and what was read of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workloads.gpu_burn.rates import Rates
from workloads.result import Check, check
from workloads.telemetry.series import Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One device and what is known of it."""

    device: str
    name: str
    """CUDA's, or the CPU's."""
    rates: Rates | None
    """None: not in the catalogue."""
    is_gpu: bool
    power_limit_w: float | None
    """That is set; None where the driver does not say."""
    watched: Mapping[str, Stretch]
    """By format, while it was computed. Without those in which the card was not read."""
    throughout: Stretch | None
    """From the first product to the end of the last test; None where the card was not read."""
    seconds: float
    """How long that was."""

    @property
    def label(self) -> str:
        """`GPU:0 (Tesla T4)`."""
        return f"{self.device} ({self.name})"


def is_for_cpu(subjects: Sequence[Subject]) -> bool:
    """No card was loaded."""
    return not any(subject.is_gpu for subject in subjects)


def not_judged(name: str) -> Check:
    """The check of a load of the CPU."""
    return check(name, "", seen="not judged", expected="nothing: the job is for the CPU")

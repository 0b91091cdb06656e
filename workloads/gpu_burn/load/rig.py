"""What a device is loaded with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from workloads.devices.framework import Array, Tensor
from workloads.gpu_burn.engines.engine import Engine
from workloads.result import Row


class Placement(Protocol):
    """What the load asks of the framework itself: see Framework."""

    def place(self, tensor: Tensor) -> str:
        """See Framework."""
        ...

    def put(self, array: Array, device: str) -> Tensor:
        """See Framework."""
        ...

    def fetch(self, tensor: Tensor) -> Array:
        """See Framework."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    """The framework, what the load needs of it, and the time."""

    framework: Placement
    engine: Engine
    clock: Callable[[], float]
    """Seconds since the job began: the clock of the telemetry."""
    tell: Callable[[Row], None]
    """Is told what was just done, by the thread that did it."""

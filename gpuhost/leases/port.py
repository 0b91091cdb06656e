"""What the scheduler has a host do, whichever that is. Does nothing itself."""

from __future__ import annotations

from typing import Protocol

from gpuhost.leases.daemon.jobs import Book, Job
from gpuhost.leases.devices.leasable import Found


class Host(Protocol):
    """What the scheduler has done."""

    def begin(self, job: Job, devices: tuple[Found, ...], now: float) -> None:
        """Start it on these devices alone; returns once it runs. Raises OSError or SubprocessError."""

    def running(self) -> frozenset[str]:
        """Names of the units that jobs run as. Raises OSError or SubprocessError."""

    def signal(self, job: Job) -> None:
        """Ask the job to end. Raises OSError or SubprocessError."""

    def stop(self, job: Job) -> None:
        """End it now. Raises OSError or SubprocessError."""

    def end(self, job: Job) -> tuple[str, int | None] | None:
        """How it ended: the reason and the exit code; None where that was not written down."""

    def clear(self, job: Job) -> None:
        """Remove what only a job that is yet to start needs."""

    def tell(self, job: Job, text: str) -> None:
        """Say something to its user, and in what it prints."""

    def save(self, book: Book) -> None:
        """Write the book down."""

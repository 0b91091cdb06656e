"""The newest snapshot of the host's cards: the telemetry service's, else one that is collected aside. Never waits for the driver."""

from __future__ import annotations

import threading
from pathlib import Path

from gpuhost.telemetry import read
from gpuhost.telemetry.snapshot import NO_CARD, Snapshot

_AGAIN_S = 5.0


class Cards:
    """Looks again and again."""

    def __init__(self) -> None:
        self._collected: Snapshot | None = None
        self._thread: threading.Thread | None = None
        self._collected_at = 0.0

    def latest(self, now: float) -> Snapshot | None:
        """What is known now; None where the host has cards of which nothing is known yet."""
        told = read.latest()
        if told is not None:
            return told
        if not any(Path("/dev").glob("nvidia[0-9]*")):
            return Snapshot(taken_at=now, host="", state=NO_CARD)
        if (self._thread is None or not self._thread.is_alive()) and now - self._collected_at > _AGAIN_S:
            self._collected_at = now
            self._thread = threading.Thread(target=self._collect, daemon=True)
            self._thread.start()
        return self._collected

    def _collect(self) -> None:
        self._collected = read.collected()

"""What a scrape answers: from the daemon's snapshot where there is one, else from a collection of its own. Changes nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from gpuhost.exporter import cards, host
from gpuhost.exporter.text_format import Family, rendered
from gpuhost.files import content
from gpuhost.telemetry import read
from gpuhost.telemetry.snapshot import Snapshot, from_dict

LEASES = Path("/run/orchestrate-leases/leases.json")
OLD_S = 20.0
"""A snapshot older than this says what was: its age alone is told. A daemon without a card looks every ten seconds."""
ANSWER_S = 8.0
"""Prometheus waits for ten seconds, and a driver can hang."""
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)


class Exporter:
    """One for all scrapes: where a collection is needed, several that come at once share it."""

    def __init__(
        self,
        snapshot: Path = read.FILE,
        leases: Path = LEASES,
        collect: Callable[[float], Snapshot] = read.collected,
    ) -> None:
        """`collect` takes the seconds after which it is given up."""
        self._snapshot = snapshot
        self._leases = leases
        self._collect = collect
        self._turn = threading.Lock()
        self._collected: Snapshot | None = None

    def answer(self) -> str:
        """In Prometheus' text format."""
        return rendered(self._families())

    def _families(self) -> Iterator[Family]:
        found, now = self._found(), time.time()
        if found:
            old = now - found.taken_at
            yield host.age(old, found.host)
            if abs(old) <= OLD_S:
                yield from host.families(found)
                yield from cards.families(found)
            yield from self._queue(found.host)

    def _found(self) -> Snapshot | None:
        """None where the daemon's file is there and cannot be read."""
        if self._snapshot.exists():
            try:
                return from_dict(json.loads(content(self._snapshot)))
            except _UNREADABLE:
                return None
        with self._turn:
            if self._collected is None or time.time() - self._collected.taken_at > 1:
                self._collected = self._collect(ANSWER_S)
            return self._collected

    def _queue(self, name: str) -> tuple[Family, ...]:
        if not self._leases.exists():
            return ()
        try:
            return tuple(host.leases(json.loads(content(self._leases)), name))
        except _UNREADABLE:
            return ()

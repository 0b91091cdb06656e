"""The newest snapshot of the host's cards: the telemetry service's, else one that is collected aside. Never waits for the driver."""

from __future__ import annotations

import json
import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

from gpuhost import program
from gpuhost.telemetry.snapshot import NO_CARD, Card, MigInstance, Process, Snapshot

TELEMETRY = Path("/run/gpuhost/snapshot.json")
FRESH_S = 5.0
_COLLECT_S = 30.0
_AGAIN_S = 5.0


class Cards:
    """Looks again and again."""

    def __init__(self, root: Path = Path("/")) -> None:
        self._root = root
        self._collected: Snapshot | None = None
        self._thread: threading.Thread | None = None
        self._collected_at = 0.0

    def latest(self, now: float) -> Snapshot | None:
        """What is known now; None where the host has cards of which nothing is known yet."""
        told = _told(self._root / TELEMETRY.relative_to("/"))
        if told is not None and 0 <= now - told.taken_at <= FRESH_S:
            return told
        if not any((self._root / "dev").glob("nvidia[0-9]*")):
            return Snapshot(taken_at=now, host="", state=NO_CARD)
        if (self._thread is None or not self._thread.is_alive()) and now - self._collected_at > _AGAIN_S:
            self._collected_at = now
            self._thread = threading.Thread(target=self._collect, daemon=True)
            self._thread.start()
        return self._collected

    def _collect(self) -> None:
        _child, answer, _complaint = program.ask("gpus", "--json", seconds=_COLLECT_S)
        self._collected = _parsed(answer)


def _told(file: Path) -> Snapshot | None:
    try:
        return _parsed(file.read_text())
    except OSError:
        return None


def _parsed(text: str) -> Snapshot | None:
    try:
        told: dict[str, Any] = json.loads(text)
        cards = tuple(_card(each) for each in told.get("cards", ()))
        given = {"taken_at": float(told["taken_at"]), "host": told.get("host", ""), "state": told["state"]}
        return Snapshot(**given, why=told.get("why", ""), cards=cards)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _card(given: dict[str, Any]) -> Card:
    known = {each.name for each in fields(Card)} - {"processes", "mig_instances", "throttle_reasons"}
    return Card(
        **{name: value for name, value in given.items() if name in known},
        processes=tuple(Process(**_of(Process, each)) for each in given.get("processes", ())),
        mig_instances=tuple(MigInstance(**_of(MigInstance, each)) for each in given.get("mig_instances", ())),
    )


def _of(kind: type, given: dict[str, Any]) -> dict[str, Any]:
    known = {each.name for each in fields(kind)}
    return {name: value for name, value in given.items() if name in known}

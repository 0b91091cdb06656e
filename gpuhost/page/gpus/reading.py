"""GPUs and their leases, as telemetry and leases have them on record. Asks no driver itself, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gpuhost.files import content
from gpuhost.page.values import Card, Graphics, Job, Missing
from gpuhost.telemetry import read
from gpuhost.telemetry import snapshot as telemetry

LEASES = Path("/run/orchestrate-leases/leases.json")
"""Where role `gpu_leases` tells everybody who has which GPU."""

_MOST_JOBS = 100


def graphics() -> Graphics | Missing:
    """What is known of the cards."""
    return told(read.now())


def told(seen: telemetry.Snapshot) -> Graphics | Missing:
    """A snapshot as the page has it."""
    if seen.state == telemetry.NO_CARD:
        return Missing(reason="This host has no NVIDIA card: programs compute on its processors.")
    actions = [each.action for each in seen.advice if not each.about]
    todo = f" To do: {actions[0]}." if actions else ""
    if not seen.cards:
        return Missing(reason=f"The GPUs cannot be used: {seen.why}.{todo}")
    names = {card.uuid: card.name for card in seen.cards}
    wrong = tuple(
        (f"{names.get(each.about, '')}: {each.seen}".removeprefix(": "), each.action) for each in seen.advice
    )
    return Graphics(driver=seen.driver, cards=tuple(_card(card) for card in seen.cards), wrong=wrong)


def leases(file: Path = LEASES) -> tuple[Job, ...] | None:
    """Jobs that have a lease, and those that wait for one; None where there are no leases.

    Raises ValueError, KeyError, TypeError, AttributeError or RecursionError for what cannot be read.
    """
    if not file.exists():
        return None
    jobs = json.loads(content(file))["jobs"]
    return tuple(_jobs(jobs[-_MOST_JOBS:]))


def _jobs(jobs: list[Mapping[str, Any]]) -> Iterator[Job]:
    for job in jobs:
        if job["state"] in {"waiting", "starting", "running"}:
            yield Job(
                user=str(job["user"]),
                command=str(job["name"] or job["command"]),
                waits=job["state"] == "waiting",
                gpus=", ".join(map(str, job["labels"])) or str(job["gpus"]),
                why=str(job["why"]),
                starts_at=None if job["starts_at"] is None else float(job["starts_at"]),
                ends_at=None if job["ends_at"] is None else float(job["ends_at"]),
            )


def _card(card: telemetry.Card) -> Card:
    """One card; what it does not say, or all when it fell off its bus, is None."""
    name = card.name or f"Card {card.index}"
    return Card(
        name=name if card.state == telemetry.OK else f"{name}, which does not answer",
        memory_used=card.memory_used_bytes,
        memory_total=card.memory_total_bytes,
        percent=card.utilization_percent,
        celsius=card.temperature_c,
        users=tuple(dict.fromkeys(_user(process) for process in card.processes)),
    )


def _user(process: telemetry.Process) -> str:
    return f"{process.user or 'somebody'}: {process.command or f'process {process.pid}'}"

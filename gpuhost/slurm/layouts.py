"""Cut cards up (MIG) as role `slurm` declares, before Slurm is told of them: at each boot, because the driver forgets slices.

A card that somebody uses is left as it is, and said.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gpuhost import program
from gpuhost.files import content
from gpuhost.leases.devices.layouts import cutting, declared
from gpuhost.telemetry import read as telemetry
from gpuhost.telemetry.snapshot import OK, Snapshot

FILE = Path("/etc/orchestrate/slurm/layouts.json")


def bring_about(file: Path = FILE) -> int:
    """The exit code: 1 where a card could not be cut up as declared."""
    try:
        wishes = json.loads(content(file) or b"{}")
    except ValueError:
        wishes = {}
    calls, why = steps(telemetry.now(), wishes)
    try:
        for argv in calls if not why else ():
            program.output(argv)
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stdout", "") or getattr(error, "stderr", "") or error).strip()
        why.append(f"{' '.join(argv)} failed: {said.splitlines()[-1] if said else type(error).__name__}")
    for each in why:
        sys.stderr.write(f"gpuhost slurm layouts: {each}\n")
    return 1 if why else 0


def steps(
    snapshot: Snapshot, wishes: Mapping[str, Mapping[str, Any]]
) -> tuple[list[tuple[str, ...]], list[str]]:
    """The calls that cut the cards up, and why one cannot be. Pure."""
    calls: list[tuple[str, ...]] = []
    why: list[str] = []
    for card in snapshot.cards:
        profiles = (declared(card, wishes) or {}).get("mig")
        needed = cutting(card, profiles) if profiles else ()
        if needed and card.state != OK:
            why.append(f"GPU {card.index} is to be cut up, and is {card.state}")
        elif needed and card.processes:
            used = card.processes[0]
            why.append(f"GPU {card.index} is to be cut up, and process {used.pid} of {used.user} is on it")
        calls += needed
    return calls, why

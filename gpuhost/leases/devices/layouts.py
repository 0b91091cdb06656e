"""Cards that are declared to be divided: cut up (MIG) once nobody uses them, or shared through a server (MPS) that is kept running.

What is being divided, or cannot be, is not given out. A card of which nothing is declared is left as it is.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from gpuhost import program, systemd
from gpuhost.leases.places import SLICE
from gpuhost.telemetry.snapshot import OK, Card

PIPES = Path("/run/orchestrate-leases/mps")
MPS_PROGRAM = "nvidia-cuda-mps-control"
AGAIN_S = 600.0
"""Between two attempts to divide a card."""
_CALL_S = 120.0

Declared = TypeVar("Declared")
Run = Callable[[Sequence[str]], str]


def mps_unit(card: str) -> str:
    """The unit of a card's server."""
    return f"orchestrate-mps-{card}.service"


def pipes(card: str) -> Path:
    """Where programs find the card's server."""
    return PIPES / card


def declared(card: Card, table: Mapping[str, Declared]) -> Declared | None:
    """What the table, by UUIDs or numbers, says of a card."""
    return table.get(card.uuid, table.get(str(card.index)))


def cutting(card: Card, profiles: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The calls that cut a card up as declared; none where it is."""
    if card.mig_enabled and sorted(each.profile for each in card.mig_instances) == sorted(profiles):
        return ()
    of_card = ("nvidia-smi", "mig", "-i", card.uuid)
    enable = () if card.mig_enabled else (("nvidia-smi", "-i", card.uuid, "-mig", "1"),)
    clear = ((*of_card, "-dci"), (*of_card, "-dgi")) if card.mig_instances else ()
    return (*enable, *clear, (*of_card, "-cgi", ",".join(profiles), "-C"))


def serving(card: str) -> tuple[str, ...]:
    """The call that starts a card's server."""
    return (
        *("systemd-run", "--quiet", "--collect", "--no-ask-password"),
        f"--unit={mps_unit(card)}",
        f"--slice={SLICE}",
        f"--description=Share {card}",
        "--service-type=exec",
        "--property=Restart=on-failure",
        f"--setenv=CUDA_VISIBLE_DEVICES={card}",
        f"--setenv=CUDA_MPS_PIPE_DIRECTORY={pipes(card)}",
        f"--setenv=CUDA_MPS_LOG_DIRECTORY={pipes(card)}",
        *(MPS_PROGRAM, "-f"),
    )


class Layouts:
    """Brings the declared layouts about, aside: whoever asks is told at once what is not as declared yet."""

    def __init__(self, run: Run | None = None, found: Callable[[str], str | None] = shutil.which) -> None:
        self._run = run or _output
        self._found = found
        self._threads: dict[str, threading.Thread] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        """Card -> when dividing it failed, and why."""

    def cut(self, card: Card, profiles: Sequence[str], *, in_use: bool, now: float) -> str:
        """Why a card that is to be cut up cannot be used; empty where it is as declared."""
        calls = cutting(card, profiles)
        if not calls or card.state != OK:
            return ""
        what = f"it is to be cut into {', '.join(profiles)}"
        if in_use or any(True for _ in card.processes):
            return f"{what} once nobody uses it"
        return self._aside(card.uuid, calls, what, now)

    def share(self, card: str, *, running: Collection[str], now: float) -> str:
        """Why a card that is to be shared cannot be used; empty where its server runs."""
        if mps_unit(card) in running:
            return ""
        if self._found(MPS_PROGRAM) is None:
            return f"it is to be shared, and {MPS_PROGRAM} is not installed"
        return self._aside(card, (serving(card),), "its server (MPS) is not there yet", now)

    def _aside(self, card: str, calls: Sequence[Sequence[str]], what: str, now: float) -> str:
        failed_at, why = self._failed.get(card, (0.0, ""))
        thread = self._threads.get(card)
        if (thread is None or not thread.is_alive()) and now - failed_at > AGAIN_S:
            self._threads[card] = threading.Thread(target=self._do, args=(card, calls), daemon=True)
            self._threads[card].start()
        return f"{what}, which failed: {why}" if why else what

    def _do(self, card: str, calls: Sequence[Sequence[str]]) -> None:
        try:
            for argv in calls:
                if argv[0] == "systemd-run":
                    pipes(card).mkdir(parents=True, exist_ok=True)
                self._run(argv)
            self._failed.pop(card, None)
        except (OSError, subprocess.SubprocessError) as error:
            said = str(getattr(error, "stdout", "") or error).strip().splitlines()
            self._failed[card] = (time.time(), said[-1] if said else type(error).__name__)


def serving_alone(cards: Collection[str]) -> tuple[str, ...]:
    """The units of servers that run; those of other cards are stopped. Raises OSError or SubprocessError."""
    running = systemd.running("orchestrate-mps-*.service")
    wanted = {mps_unit(card) for card in cards}
    for unit in running:
        if unit not in wanted:
            program.output(("systemctl", "stop", "--no-block", unit))
    return tuple(unit for unit in running if unit in wanted)


def _output(argv: Sequence[str]) -> str:
    done = subprocess.run(
        tuple(argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_CALL_S,
        check=True,
        text=True,
    )
    return done.stdout

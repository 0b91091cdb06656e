"""Whether somebody or something uses this host: jobs, leases, logins, processors, GPUs. Changes nothing.

Of the GPUs telemetry tells: its service where it runs, else a process of its own, because NVIDIA's library can hang in the driver, and
nothing that waits for it then can be ended.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

from gpuhost import program, systemd
from gpuhost.files import text
from gpuhost.lifetime.limits import Limits
from gpuhost.telemetry.read import Collections
from gpuhost.telemetry.snapshot import COMPUTE, HUNG, NO_CARD, NO_DRIVER, UNREADABLE, Card, Snapshot

CPU_TIME = (Path("/sys/fs/cgroup/cpu.stat"), Path("/sys/fs/cgroup/unified/cpu.stat"))
"""Of all that runs on the host; in a container, of all that runs in the container. The second where groups are of both
versions."""

JOBS = ("orchestrate-job-*.service", "orchestrate-run-*.service")
"""The units that validation and training run as, and those that have a lease of GPUs."""


class Watch:
    """Looks again and again; what it saw before tells how much the processors did since."""

    def __init__(self) -> None:
        self._cpu: tuple[float, float] | None = None
        self._gpus = Collections(cards_alone=True)

    def use(self, limits: Limits) -> str:
        """What the host is in use by, empty when by nothing. What cannot be seen counts as a use: the other limits hold."""
        # Each look asks for this, or the next one would average over more than the time since this one.
        cpus = self._cpus()
        try:
            if systemd.running(*JOBS):
                return "a job"
            if slurm_job():
                return "a job of Slurm's"
            if logged_in():
                return "somebody who is logged in"
            if cpus > limits.busy_cpus:
                return f"programs on {cpus:.1f} processors"
            return "a GPU" if gpus_busy(self._gpus.now(), limits.busy_gpu_percent) else ""
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return f"what cannot be seen: {error}"

    def _cpus(self) -> float:
        """Processors in use on average since the look before; 0 at the first."""
        now = (time.monotonic(), cpu_seconds())
        before, self._cpu = self._cpu, now
        return (now[1] - before[1]) / max(now[0] - before[0], 0.001) if before else 0.0


def slurm_job(processes: Path = Path("/proc")) -> bool:
    """Whether Slurm has a job here, be it one that waits for something: each has a process of Slurm's own."""
    return any(text(each) == "slurmstepd" for each in processes.glob("[0-9]*/comm"))


def logged_in() -> bool:
    """Whether somebody is: by systemd's sessions, which know those without a terminal, or by the terminals."""
    return bool(systemd.logins(systemd.sessions())) or bool(program.output(("who",)).strip())


def cpu_seconds() -> float:
    """Processor time that all programs have used. Where control groups do not tell, the machine's own count does."""
    for file in CPU_TIME:
        used = re.search(r"^usage_usec (\d+)$", text(file), re.MULTILINE)
        if used:
            return int(used[1]) / 1e6
    user, nice, system = map(int, Path("/proc/stat").read_text().split(maxsplit=4)[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def gpus_busy(seen: Snapshot, percent: float) -> bool:
    """Whether a card computes for more than that part of its time, or for any process. Raises OSError: it cannot be told.

    One that fell off its bus computes nothing. A card that is cut up (MIG) does not tell how much, but for which processes.
    """
    if seen.state in {NO_CARD, NO_DRIVER}:
        return False
    if not seen.cards or seen.state in {HUNG, UNREADABLE}:
        raise OSError(seen.why)
    return any((card.utilization_percent or 0) > percent or _computes(card) for card in seen.cards)


def _computes(card: Card) -> bool:
    return any(process.kind == COMPUTE for process in card.processes)

"""A job of a cluster: what is asked for, and how it does. Values; no I/O."""

import re
from dataclasses import dataclass
from typing import NamedTuple

from orchestrator.errors import UsageError

ENDED = frozenset(
    {
        "boot_fail",
        "cancelled",
        "completed",
        "deadline",
        "failed",
        "node_fail",
        "out_of_memory",
        "preempted",
        "revoked",
        "timeout",
    }
)
"""States that a job does not leave. One that is `completing` may be requeued yet."""

_TIME = re.compile(r"(?:(?P<days>\d+)d)?(?:(?P<hours>\d+(?:\.\d+)?)h)?(?:(?P<minutes>\d+)(?:m|min)?)?")
_SLURM_TIME = re.compile(r"(\d+-)?\d{1,3}(:\d{2}){1,2}|\d+-\d{1,2}")
_NO_JOBS = ("down", "drain", "fail", "maint", "unknown", "inval")


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJob:
    """What a job is to have: one task on each of its hosts."""

    command: tuple[str, ...]
    """Run on each host at the same time, by srun."""
    folder: str
    """Absolute; one that all hosts see. It is made where it is missing, and what the job prints is kept there."""
    hosts: int = 1
    gpus: int = 0
    """On each host."""
    cpus: int | None = None
    """On each host; None for as many as the partition gives."""
    time: str = ""
    """As it was typed: `4h`, `90m`, `2d12h`, or as Slurm writes it. Empty for the partition's own limit."""
    name: str = ""
    environment: str = ""
    """Folder whose programs the command finds first; empty for none."""
    requeue: bool = True
    """It starts again where one of its hosts dies."""

    @property
    def output(self) -> str:
        """Where it prints to, with Slurm's `%j` for the job's number."""
        return f"{self.folder}/job-%j.log"

    def options(self) -> tuple[str, ...]:
        """Of `sbatch`. Raises UsageError for a time that is none."""
        return (
            f"--nodes={self.hosts}",
            "--ntasks-per-node=1",
            *((f"--gpus-per-node={self.gpus}",) if self.gpus else ()),
            *((f"--cpus-per-task={self.cpus}",) if self.cpus else ()),
            *((f"--time={slurm_time(self.time)}",) if self.time else ()),
            f"--job-name={self.name or self.command[0].rpartition('/')[2]}",
            f"--chdir={self.folder}",
            f"--output={self.output}",
            "--open-mode=append",
            "--requeue" if self.requeue else "--no-requeue",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmJob:
    """A job as Slurm tells of it."""

    fleet: str
    number: int
    user: str
    state: str
    """Slurm's word in small letters: pending, running, completing, completed, failed, cancelled, timeout, node_fail …"""
    name: str
    host_count: int
    hosts: tuple[str, ...]
    """Names; empty while it waits."""
    gpus: int
    """On all hosts together."""
    reason: str
    """What it waits for, or why it ended; empty where Slurm says none."""
    started_at: float | None
    """Seconds since 1970; of one that waits, when it is expected to start."""
    ends_at: float | None
    """Of one that runs, its limit; of one that ended, its end."""
    exit_code: int | None
    """Of one that ended; 128 and the signal where a signal ended it."""
    restarts: int
    folder: str
    output: str
    """Path of what it prints."""

    @property
    def reference(self) -> str:
        """What people call it: `lab/12`."""
        return f"{self.fleet}/{self.number}"

    @property
    def has_ended(self) -> bool:
        """Nothing of it runs any more, and it does not start again."""
        return self.state in ENDED

    @property
    def succeeded(self) -> bool:
        """It ended, and its command with 0."""
        return self.state == "completed" and not self.exit_code


class ClusterHost(NamedTuple):
    """A host as the controller sees it."""

    name: str
    state: str
    """Slurm's words in small letters: `idle`, `mixed`, `drained`; `down*` where it does not answer."""
    gpus: int
    cpus: int
    reason: str
    """Why nothing is started there; empty where nothing is wrong."""

    @property
    def takes_jobs(self) -> bool:
        """Slurm starts jobs there, now or once there is room."""
        return not (set("*$") & set(self.state)) and not self.state.startswith(_NO_JOBS)


def slurm_time(text: str) -> str:
    """`4h` as Slurm takes it: whole minutes. Raises UsageError for what is no time."""
    if _SLURM_TIME.fullmatch(text):
        return text
    said = _TIME.fullmatch(text)
    if said is None or not text:
        raise UsageError(f"{text!r} is no time", "--time 4h, 90m, 2d or 2d12h")
    minutes = float(said["hours"] or 0) * 60 + int(said["days"] or 0) * 1440 + int(said["minutes"] or 0)
    if minutes < 1:
        raise UsageError(f"{text!r} is less than a minute", "--time 4h, 90m, 2d or 2d12h")
    return str(round(minutes))

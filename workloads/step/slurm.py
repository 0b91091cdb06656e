"""Which task of which Slurm step this process is, from the variables that Slurm sets. Pure. Without them it is the only task."""

from collections.abc import Mapping
from dataclasses import dataclass

from workloads.result import CannotRunError
from workloads.step.hosts import expand

_LOWEST_PORT, _PORTS, _APART = 20_000, 12_000, 16
"""Below the ports that Linux gives to outgoing connections (32768 and up)."""


class StepError(CannotRunError):
    """Slurm's variables contradict each other, or leave something out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One task among those of a step."""

    rank: int
    """From 0."""
    tasks: int
    """So many were asked for, whether or not they are there."""
    hosts: tuple[str, ...] = ()
    """Slurm's names of the step's hosts, in Slurm's order; empty outside Slurm."""
    host: str = ""
    """This task's."""
    job: int = 0
    """Slurm's number; 0 outside Slurm."""
    step: int = 0
    restarts: int = 0
    """How often the job was put back into the queue."""

    @property
    def identity(self) -> str:
        """What tells this step, and this run of it, from any other on the same cluster."""
        return f"{self.job}.{self.step}.{self.restarts}"

    @property
    def port(self) -> int:
        """Where the first task listens, or close behind it: of different steps different ones, as far as ports go."""
        return _LOWEST_PORT + (self.job * _APART + self.step) % _PORTS

    @property
    def is_first(self) -> bool:
        """The one that judges, and writes the step's result."""
        return self.rank == 0


ALONE = Step(rank=0, tasks=1)
"""Outside Slurm."""


def step_of(environ: Mapping[str, str]) -> Step:
    """This process's place. Raises StepError."""
    if "SLURM_PROCID" not in environ or "SLURM_STEP_NUM_TASKS" not in environ:
        return Step(rank=0, tasks=1, restarts=_number(environ, "SLURM_RESTART_COUNT", 0))
    rank, tasks = _number(environ, "SLURM_PROCID"), _number(environ, "SLURM_STEP_NUM_TASKS")
    hosts = expand(environ.get("SLURM_STEP_NODELIST", ""))
    if not 0 <= rank < tasks:
        raise StepError(f"Slurm says that this is task {rank} of {tasks}: SLURM_PROCID, SLURM_STEP_NUM_TASKS")
    if tasks > 1 and not hosts:
        raise StepError("Slurm does not say on which hosts the step runs: SLURM_STEP_NODELIST is empty")
    return Step(
        rank=rank,
        tasks=tasks,
        hosts=hosts,
        host=environ.get("SLURMD_NODENAME", ""),
        job=_number(environ, "SLURM_JOB_ID", 0),
        step=_number(environ, "SLURM_STEP_ID", 0),
        restarts=_number(environ, "SLURM_RESTART_COUNT", 0),
    )


def _number(environ: Mapping[str, str], name: str, otherwise: int = -1) -> int:
    text = environ.get(name, "")
    if text.isascii() and text.isdigit():
        return int(text)
    if text or otherwise < 0:
        raise StepError(f"{name} is {text!r} and not a whole number")
    return otherwise

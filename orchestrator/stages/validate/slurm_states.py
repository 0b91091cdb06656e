"""What Slurm says of hosts and of jobs, as validation reads it. Pure."""

from collections.abc import Sequence

from orchestrator.jobs.slurm.values import ClusterHost, SlurmJob


def hosts_away(compute: Sequence[str], there: Sequence[ClusterHost]) -> str:
    """Which hosts of the plan take no jobs, and why; empty where all do. Pure."""
    known = {host.name: host for host in there}
    return ", ".join(
        f"{name} is {known[name].state}{f' ({known[name].reason})' if known[name].reason else ''}"
        if name in known
        else f"{name} is not known to Slurm"
        for name in compute
        if name not in known or not known[name].takes_jobs
    )


def ending(job: SlurmJob, told: int | None) -> str:
    """How a job ended, in systemd's words.

    Args:
        job: as Slurm has it.
        told: the exit code of the first task, where it left one.
    """
    match job.state:
        case "completed":
            return f"exit-code {told}" if told else "success 0"
        case "timeout" | "deadline":
            return "timeout TERM"
        case "out_of_memory":
            return "oom-kill KILL"
        case "failed" if job.exit_code is not None and job.exit_code < 128:
            return f"exit-code {job.exit_code}"
        case "failed" if job.exit_code is not None:
            return f"signal {job.exit_code - 128}"
        case state:
            return f"signal {state}"

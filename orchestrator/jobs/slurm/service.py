"""What Slurm is asked for on the controller of a cluster, as the fleet's login user: submit, tell, cancel. Decides nothing."""

from orchestrator.errors import GarbledAnswerError, OrchestrateError, UnreachableError, UsageError
from orchestrator.jobs.slurm.answers import (
    SACCT_FORMAT,
    SEPARATOR,
    SINFO_FORMAT,
    SQUEUE_FORMAT,
    parse_hosts,
    parse_number,
    parse_sacct,
    parse_squeue,
)
from orchestrator.jobs.slurm.batch import BATCH, MOST_RESTARTS
from orchestrator.jobs.slurm.values import BatchJob, ClusterHost, SlurmJob
from orchestrator.models import Host
from orchestrator.remote import Shell
from orchestrator.remote.local import Completed
from orchestrator.sanitize import sanitized_line

_NO_PROGRAM = 127
_MARK = "accounting:"
"""Between what the controller and what the accounting says."""
_DAY = "now-1days"
_EVER = "1970-01-01"


class SlurmError(OrchestrateError):
    """Slurm does not answer, is not there, or refuses what it was asked for."""


def submit(shell: Shell, host: Host, batch: BatchJob) -> SlurmJob:
    """Hand a job to Slurm; it may wait for its turn. It does not end with the connection.

    Args:
        shell: the controller's.
        host: the controller.
        batch: what it is to have, and its command.

    Raises:
        SlurmError: Slurm refuses it, or does not answer.
        UsageError: its time is none.
        UnreachableError: the connection broke; whether it was submitted, `jobs` says.
    """
    script = f"{batch.folder}/orchestrate-job.sh"
    arguments = (str(MOST_RESTARTS), batch.environment, *batch.command)
    argv = ("sbatch", "--parsable", *batch.options(), script, *arguments)
    answer = shell.run(("sh", "-c", _SUBMIT, "sh", batch.folder, script, *argv), stdin=BATCH)
    _check(answer, host)
    try:
        number = parse_number(answer.stdout)
    except ValueError as error:
        raise _garbled(host, answer, error) from error
    try:
        return job(shell, host, number)
    except (SlurmError, UnreachableError) as error:
        # Whoever repeated the command would have it run twice.
        reference = f"{host.fleet}/{number}"
        raise type(error)(
            f"{reference} is submitted; then: {error.cause}", f"orchestrate logs -f {reference}"
        ) from error


def jobs(shell: Shell, host: Host, every: bool = False) -> tuple[SlurmJob, ...]:  # noqa: FBT001, FBT002 - the interface
    """The jobs of all users, by number: those that wait or run and those that ended within a day, or every one on record.

    Raises:
        SlurmError: Slurm does not answer, or is not there.
        UnreachableError: the connection broke.
    """
    return _told(shell, host, (f"--starttime={_EVER if every else _DAY}",))


def job(shell: Shell, host: Host, number: int) -> SlurmJob:
    """One of them. Raises as `jobs`, and UsageError where there is none."""
    found = next((each for each in _told(shell, host, (f"--jobs={number}",)) if each.number == number), None)
    if found is None:
        raise UsageError(f"{host.fleet} has no job {number}", f"orchestrate queue {host.fleet}")
    return found


def cancel(shell: Shell, host: Host, number: int) -> None:
    """End a job; returns once nothing of it runs, or after 20 s. One that has ended already is left as it is. Raises as `jobs`."""
    _check(shell.run(("sh", "-c", _CANCEL, "sh", str(number))), host)


def hosts(shell: Shell, host: Host) -> tuple[ClusterHost, ...]:
    """The hosts that compute, as the controller sees them. Raises as `jobs`."""
    answer = shell.run(("sinfo", "--Node", "--noheader", f"--format={SINFO_FORMAT}"))
    _check(answer, host)
    try:
        return parse_hosts(answer.stdout)
    except ValueError as error:
        raise _garbled(host, answer, error) from error


def _told(shell: Shell, host: Host, which: tuple[str, ...]) -> tuple[SlurmJob, ...]:
    """What the controller knows, and for what it has forgotten, what the accounting knows."""
    answer = shell.run(("sh", "-c", _JOBS, "sh", SQUEUE_FORMAT, SEPARATOR, SACCT_FORMAT, *which))
    _check(answer, host)
    queued, _, accounted = answer.stdout.partition(f"{_MARK}\n")
    try:
        found = (*parse_sacct(host.fleet, accounted), *parse_squeue(host.fleet, queued))
    except ValueError as error:
        raise _garbled(host, answer, error) from error
    return tuple(sorted({each.number: each for each in found}.values(), key=lambda each: each.number))


def _check(answer: Completed, host: Host) -> None:
    if answer.exit_code == 0:
        return
    said = [sanitized_line(line, limit=300) for line in answer.stderr.splitlines() if line.strip()]
    words = next((line for line in said if "error" in line), said[-1] if said else str(answer.exit_code))
    if answer.exit_code == _NO_PROGRAM:
        raise SlurmError(
            f"{host.name} has no Slurm: {words}", f"orchestrate up --cluster --name {host.fleet}"
        )
    if "ontact slurm controller" in words or "timed out" in words:
        raise SlurmError(
            f"Slurm does not answer on {host.name}: {words}",
            f"orchestrate ssh --name {host.fleet} {host.name} -- systemctl status slurmctld",
        )
    raise SlurmError(f"{host.fleet}: {words}", f"orchestrate status --name {host.fleet}")


def _garbled(host: Host, answer: Completed, error: Exception) -> GarbledAnswerError:
    said = sanitized_line(answer.stdout, limit=80)
    return GarbledAnswerError(
        f"Slurm on {host.name} tells of jobs in a way that cannot be read: {error} in {said!r}",
        f"orchestrate up --full --name {host.fleet}",
    )


# Constant programs; what varies comes as arguments.
_SUBMIT = """
umask 077
mkdir -p "$1" && cat > "$2" || exit 1
shift 2
exec "$@"
"""
_JOBS = """
format=$1 separator=$2 accounted=$3
shift 3
export SLURM_TIME_FORMAT=%s
squeue --noheader --states=all --Format="$format" || exit
echo accounting:
# A cluster may have no accounting, or one that is away: what the controller says counts.
sacct --allusers --allocations --noheader --parsable2 --delimiter="$separator" --format="$accounted" "$@" 2> /dev/null
exit 0
"""
_CANCEL = """
said=$(scancel "$1" 2>&1) || { printf '%s\\n' "$said" >&2; exit 1; }
case $said in *error:*) printf '%s\\n' "$said" >&2; exit 1 ;; esac
for _ in $(seq 40); do
    [ -n "$(squeue --noheader --jobs="$1" --format=%T 2> /dev/null)" ] || exit 0
    sleep 0.5
done
"""

"""What a host that gives leases is asked for over a shell: start a job, tell of jobs, end one."""

from orchestrator.errors import GarbledAnswerError, OrchestrateError, UsageError
from orchestrator.jobs.leased.values import LeasedJob, Wish, parse_job, parse_jobs
from orchestrator.remote import Shell
from orchestrator.remote.local import Completed
from orchestrator.sanitize import DocumentError, sanitized_json, sanitized_line

PROGRAM = "/usr/local/lib/orchestrate/gpuhost"
RUNS = "orchestrate-runs"
"""In the home of the user there: a folder for each job whose folder was copied."""
_NO_PROGRAM = 127


class LeaseRefusedError(OrchestrateError):
    """The host gives no lease, or does not know such a job."""


def begin(
    shell: Shell, host: str, folder: str, environment: str, order: tuple[Wish, tuple[str, ...]]
) -> LeasedJob:
    """Start a job; it may wait for its turn. It does not end with the connection.

    Args:
        shell: the host's.
        host: its name.
        folder: in which it runs, absolute, or relative to the home of the user there.
        environment: folder of the programs that it finds first, those of the training environment.
        order: what it is to have, and its command.

    Raises:
        LeaseRefusedError: the host does not give it.
        UnreachableError: the connection broke; whether it was started, `jobs` says.
    """
    wish, command = order
    argv = ("run", "--detach", "--json", *wish.words(), "--", *command)
    answer = shell.run(("sh", "-c", _BEGIN, "sh", folder, environment, PROGRAM, *argv))
    _check(answer, host)
    try:
        return parse_job(host, answer.stdout)
    except ValueError as error:
        raise _garbled(host, answer, error) from error


def gpus_by_default(shell: Shell, host: str) -> int:
    """One, or none where the host has none. Raises as `begin`."""
    answer = shell.run((PROGRAM, "leases", "--json"))
    _check(answer, host)
    try:
        return 1 if sanitized_json(answer.stdout)["devices"] else 0
    except (DocumentError, KeyError, TypeError) as error:
        raise _garbled(host, answer, error) from error


def reserve(shell: Shell, host: str, wish: Wish) -> str:
    """Keep GPUs for the user's jobs; what the host says of it. Raises as `begin`."""
    answer = shell.run((PROGRAM, "run", *wish.words()))
    _check(answer, host)
    return sanitized_line(answer.stdout, limit=200)


def jobs(shell: Shell, host: str, *, every: bool = False) -> tuple[LeasedJob, ...]:
    """The host's jobs: those that wait or run, and those that ended within a day, or every one on record. Raises as `begin`."""
    answer = shell.run((PROGRAM, "jobs", "--json", *(("--all",) if every else ())))
    _check(answer, host)
    try:
        return parse_jobs(host, answer.stdout)
    except ValueError as error:
        raise _garbled(host, answer, error) from error


def job(shell: Shell, host: str, number: int) -> LeasedJob:
    """One of them. Raises as `begin`."""
    found = next((each for each in jobs(shell, host, every=True) if each.number == number), None)
    if found is None:
        raise UsageError(f"{host} has no job {number}", f"orchestrate jobs {host}")
    return found


def stream(number: int, offset: int) -> tuple[str, ...]:
    """The program that prints what a job prints from byte `offset` on, until it ends."""
    return (PROGRAM, "logs", "--follow", "--attached", "--from-byte", str(offset), str(number))


def cancel(shell: Shell, host: str, number: int) -> None:
    """End a job, or a reservation; returns once nothing of it runs any more. Raises as `begin`."""
    _check(shell.run((PROGRAM, "cancel", "--wait", str(number))), host)


def _check(answer: Completed, host: str) -> None:
    if answer.exit_code == 0:
        return
    lines = [line for line in answer.stderr.splitlines() if line.strip()]
    if answer.exit_code == _NO_PROGRAM or not lines or "usage: gpuhost" in answer.stderr:
        raise LeaseRefusedError(
            f"{host} gives no leases: {sanitized_line(answer.stderr, limit=200) or answer.exit_code}",
            "role gpu_leases among the roles of the fleet, then `orchestrate up`",
        )
    cause = sanitized_line(lines[0], limit=500).removeprefix("gpuhost run: ").removeprefix("gpuhost cancel: ")
    hint = next((line.strip().removeprefix("try: ") for line in lines if line.startswith("  try: ")), "")
    there = f" (on {host})" if hint else ""
    raise LeaseRefusedError(f"{host}: {cause}", f"{hint}{there}" if hint else f"orchestrate jobs {host}")


def _garbled(host: str, answer: Completed, error: Exception) -> GarbledAnswerError:
    said = sanitized_line(answer.stdout, limit=80)
    return GarbledAnswerError(
        f"{host} tells of its jobs in a way that cannot be read: {error} in {said!r}", "orchestrate up --full"
    )


# A constant program; what varies comes as arguments. Python says at once what it prints, or a follower would see it late.
_BEGIN = """
cd "$HOME" && cd "$1" || exit 1
PATH="$2:$PATH"; PYTHONUNBUFFERED=1; export PATH PYTHONUNBUFFERED
shift 2
exec "$@"
"""

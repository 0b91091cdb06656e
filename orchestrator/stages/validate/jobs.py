"""Run a program on a host as a transient systemd unit, so that it outlives the connection and can be taken up again.

A job is a folder on the host, `/var/lib/orchestrate/jobs/<id>`: its files, `progress.jsonl` (what it prints), `stderr.log`,
and `ended` once it is over. Starting a job twice starts it once.
"""

from dataclasses import dataclass

from orchestrator.errors import ConvergeError
from orchestrator.remote import Shell

JOBS_DIR = "/var/lib/orchestrate/jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSight:
    """What a host says of itself before a job is started."""

    user: str
    is_root: bool
    nvidia_cards: int
    """NVIDIA display devices on the PCI bus; in a container, the device nodes it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A program to run on one host."""

    id: str
    argv: tuple[str, ...]
    """Paths in it are relative to the job's folder."""
    files: dict[str, bytes]
    """Files of the job's folder, by name."""
    timeout_s: int

    @property
    def folder(self) -> str:
        """The job's folder on the host."""
        return f"{JOBS_DIR}/{self.id}"

    @property
    def unit(self) -> str:
        """The transient unit's name."""
        return f"orchestrate-job-{self.id}.service"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """What a job is doing, and what it printed since the last look."""

    exists: bool
    """It runs or has ended; False when it was never started, or the host lost it."""
    running: bool
    ended: str
    """`<result> <exit status>` as systemd put it, for example `success 0`, `exit-code 1`, `timeout TERM`; empty while
    it runs, and when it never ran or the host lost it."""
    printed: bytes

    @property
    def exit_code(self) -> int | None:
        """The program's exit code; None when a signal or the time limit ended it, or nothing is known."""
        result, _, status = self.ended.partition(" ")
        return int(status) if result in {"success", "exit-code"} and status.isdigit() else None


def read_facts(shell: Shell) -> HostSight:
    """Ask the host who we are there and which cards it has. Raises UnreachableError."""
    answer = shell.run(("sh", "-c", _FACTS))
    uid, user, cards = answer.stdout.split()
    return HostSight(user=user, is_root=uid == "0", nvidia_cards=int(cards))


def look(shell: Shell, job: Job, *, offset: int) -> JobState:
    """See how a job does; `printed` begins at byte `offset` of what it printed. Raises UnreachableError."""
    answer = shell.run(("sh", "-c", _LOOK, "look", job.folder, job.unit, str(offset + 1)))
    state, _, rest = answer.stdout.partition("\n")
    ended, _, printed = rest.partition("\n")
    running = not ended and state in {"active", "activating", "deactivating"}
    return JobState(exists=running or bool(ended), running=running, ended=ended, printed=printed.encode())


def start(shell: Shell, job: Job, facts: HostSight) -> None:
    """Start a job that neither runs nor has ended.

    Raises:
        ConvergeError: the host refused: no sudo without a password, or no systemd.
        UnreachableError: the connection broke; whether it was started, `look` says.
    """
    sudo = () if facts.is_root else ("sudo", "-n")
    made = shell.run((*sudo, "install", "-d", "-m", "0755", "-o", facts.user, job.folder))
    if made.exit_code != 0:
        raise ConvergeError(
            f"{job.folder} cannot be made: {made.stderr.strip()}",
            f"give {facts.user} sudo without a password",
        )
    for name, content in {**job.files, "ended.sh": _ENDED.encode()}.items():
        shell.put(content, f"{job.folder}/{name}")
    begun = shell.run((*sudo, *_systemd_run(job, facts.user)))
    if begun.exit_code != 0 and "already" not in begun.stderr:
        raise ConvergeError(
            f"the job was not started: {begun.stderr.strip()}", "the host needs systemd as its first process"
        )


def fetch(shell: Shell, job: Job, name: str) -> bytes | None:
    """A file of the job's folder; None when it is not there. Raises UnreachableError."""
    answer = shell.run(("cat", f"{job.folder}/{name}"))
    return answer.stdout.encode() if answer.exit_code == 0 else None


def remove(shell: Shell, job: Job, facts: HostSight) -> None:
    """Delete the job's folder. Raises UnreachableError."""
    sudo = () if facts.is_root else ("sudo", "-n")
    shell.run((*sudo, "rm", "-rf", "--", job.folder))


def _systemd_run(job: Job, user: str) -> tuple[str, ...]:
    return (
        "systemd-run",
        "--quiet",
        "--collect",
        "--no-ask-password",
        f"--unit={job.unit}",
        f"--uid={user}",
        "--service-type=exec",
        f"--working-directory={job.folder}",
        f"--property=RuntimeMaxSec={job.timeout_s}",
        "--property=TimeoutStopSec=10",
        f"--property=StandardOutput=append:{job.folder}/progress.jsonl",
        f"--property=StandardError=append:{job.folder}/stderr.log",
        f"--property=ExecStopPost=/bin/sh {job.folder}/ended.sh",
        "--setenv=PYTHONUNBUFFERED=1",
        *job.argv,
    )


# Both are constant programs; what varies comes as arguments.
_FACTS = """
id -u
id -un
cards=0
if systemd-detect-virt --quiet --container; then
  for node in /dev/nvidia[0-9]*; do [ -e "$node" ] && cards=$((cards + 1)); done
else
  for device in /sys/bus/pci/devices/*; do
    [ "$(cat "$device/vendor" 2>/dev/null)" = 0x10de ] || continue
    case "$(cat "$device/class")" in 0x03*) cards=$((cards + 1)) ;; esac
  done
fi
echo "$cards"
"""

# The unit's state is read before `ended`: a unit that stops in between has written `ended` by then.
_LOOK = """
systemctl is-active "$2"
cat "$1/ended" 2>/dev/null || echo
tail -c "+$3" "$1/progress.jsonl" 2>/dev/null
exit 0
"""

_ENDED = """echo "$SERVICE_RESULT $EXIT_STATUS" > ended.new && mv ended.new ended
"""

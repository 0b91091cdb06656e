"""Run a program on a host as a transient systemd unit, so that it outlives the connection and can be taken up again.

A job is a folder on the host, `/var/lib/orchestrate/jobs/<id>`: its files, `progress.jsonl` (what it prints), `stderr.log`,
and `ended` once it is over. Starting a job twice starts it once.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from orchestrator.errors import ConvergeError, GarbledAnswerError
from orchestrator.models import HostClock
from orchestrator.remote import Shell
from orchestrator.sanitize import sanitized_line

JOBS_DIR = "/var/lib/orchestrate/jobs"
PRINTED_LIMIT = 2**16
"""Bytes of progress that one look brings; what lies before them is passed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCapabilities:
    """What a host says of itself before a job is started."""

    user: str
    nvidia_cards: int
    """NVIDIA display devices on the PCI bus that no virtual machine has; in a container, the device nodes it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A program to run on one host."""

    id: str
    name: str
    """What people are told that it is, such as its workload."""
    argv: tuple[str, ...]
    """Paths in it are relative to the job's folder."""
    files: dict[str, bytes]
    """Files of the job's folder, by name."""
    timeout_s: int
    attempt: str = ""
    """The validation that it belongs to; its result has to say the same."""
    keeps: str = "outputs"
    """The folder of the run folder in which the files that it makes are kept."""
    when_away: str = "repeat the command"
    """What to do where the host goes away while it runs: some jobs are taken up, others run again."""

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
    offset: int = 0
    """Where the next look begins."""
    clock: HostClock | None = None
    """None when the host did not say."""

    @property
    def exit_code(self) -> int | None:
        """The program's exit code; None when a signal or the time limit ended it, or nothing is known."""
        result, _, status = self.ended.partition(" ")
        known = result in {"success", "exit-code"} and re.fullmatch(r"[0-9]{1,3}", status)
        return int(status) if known else None


def read_facts(shell: Shell) -> HostCapabilities:
    """Ask the host who we are there and which cards it has. Raises UnreachableError."""
    answer = shell.run(("sh", "-c", _FACTS))
    said = re.fullmatch(r"(\S+)\s+([0-9]{1,4})\s*", answer.stdout)
    if said is None:
        raise GarbledAnswerError(
            f"asked who we are there, it answers {sanitized_line(answer.stdout + answer.stderr, limit=80)!r}",
            "see that `id` and `sh` work there, then repeat the command",
        )
    return HostCapabilities(user=said[1], nvidia_cards=int(said[2]))


def read_state(shell: Shell, job: Job, *, offset: int) -> JobState:
    """See how a job does; `printed` begins at byte `offset` of what it printed, or later where it prints too much.

    Raises UnreachableError.
    """
    answer = shell.run(("sh", "-c", _LOOK, "look", job.folder, job.unit, str(offset), str(PRINTED_LIMIT)))
    first, _, rest = answer.stdout.partition("\n")
    second, _, printed = rest.partition("\n")
    state, *now = first.split() or [""]
    words = second.split()
    ended = " ".join(words[:2])
    running = not ended and state in {"active", "activating", "deactivating"}
    size = now[3] if len(now) == 4 and re.fullmatch(r"[0-9]{1,18}", now[3]) else ""
    return JobState(
        exists=running or bool(ended),
        running=running,
        ended=ended,
        printed=printed.encode(),
        offset=int(size) if size else offset + len(printed.encode()),
        clock=clock_of(now[:3], words[2:4]),
    )


def clock_of(now: list[str], then: list[str]) -> HostClock | None:
    """What a host's clocks say, and said when a job ended; None where they say nothing that can be meant.

    `now` is boot id, uptime and seconds since 1970, `then` boot id and uptime at the end, empty where that is not known.
    """
    try:
        boot_id, uptime, utc = now
        ended_boot_id, ended_uptime = then or ("", "0")
        clock = HostClock(
            boot_id=boot_id,
            uptime_s=float(uptime),
            utc=datetime.fromtimestamp(int(utc), UTC),
            ended_boot_id=ended_boot_id,
            ended_uptime_s=float(ended_uptime),
        )
    except (ValueError, OverflowError, OSError):
        return None
    known = 0 <= clock.uptime_s < math.inf and 0 <= clock.ended_uptime_s < math.inf
    return clock if known and len(boot_id) == len("00000000-0000-0000-0000-000000000000") else None


def start(shell: Shell, job: Job, facts: HostCapabilities) -> None:
    """Start a job that neither runs nor has ended.

    Raises:
        ConvergeError: the host refused: no way to become root, or no systemd.
        UnreachableError: the connection broke; whether it was started, `read_state` says.
    """
    made = shell.run_as_root(("install", "-d", "-m", "0755", "-o", facts.user, job.folder))
    if made.exit_code != 0:
        raise ConvergeError(
            f"{job.folder} cannot be made: {sanitized_line(made.stderr, limit=200) or made.exit_code}",
            f"let {facts.user} become root there: sudo without a password, or a password for `become` in the inventory",
        )
    for name, content in {**job.files, "ended.sh": _ENDED.encode()}.items():
        shell.put(content, f"{job.folder}/{name}")
    begun = shell.run_as_root(_systemd_run(job, facts.user))
    if begun.exit_code != 0 and "already" not in begun.stderr:
        raise ConvergeError(
            f"the job was not started: {sanitized_line(begun.stderr, limit=200) or begun.exit_code}",
            "the host needs systemd as its first process",
        )


def fetch(shell: Shell, job: Job, name: str, *, head: int, tail: int) -> bytes | None:
    """A file of the job's folder, sanitized; None when it is not there. Of a longer one the middle is left out, and it says so.

    Args:
        shell: the host's.
        job: whose folder.
        name: the file's.
        head: bytes that are fetched from its beginning.
        tail: bytes that are fetched from its end.

    Raises:
        UnreachableError: no connection, or it broke.
    """
    argv = ("sh", "-c", _FETCH, "fetch", f"{job.folder}/{name}", str(head), str(tail))
    answer = shell.run(argv)
    return answer.stdout.encode() if answer.exit_code == 0 else None


def remove(shell: Shell, job: Job) -> None:
    """Delete the job's folder. Raises UnreachableError."""
    shell.run_as_root(("rm", "-rf", "--", job.folder))


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
id -un
cards=0
if systemd-detect-virt --quiet --container; then
  for node in /dev/nvidia[0-9]*; do [ -e "$node" ] && cards=$((cards + 1)); done
else
  for device in /sys/bus/pci/devices/*; do
    [ "$(cat "$device/vendor" 2>/dev/null)" = 0x10de ] || continue
    case "$(readlink "$device/driver")" in */vfio-pci | */pci-stub | */xen-pciback) continue ;; esac
    case "$(cat "$device/class")" in 0x03*) cards=$((cards + 1)) ;; esac
  done
fi
echo "$cards"
"""

# The unit's state is read before `ended`: a unit that stops in between has written `ended` by then. Clocks and what was printed come
# after it: no job ended later than now, and what it printed last is there.
_LOOK = """
state=$(systemctl is-active "$2")
ended=$(cat "$1/ended" 2>/dev/null)
size=$(stat -c %s "$1/progress.jsonl" 2>/dev/null || echo 0)
from=$3
[ $((size - from)) -le "$4" ] || from=$((size - $4))
[ "$size" -ge "$from" ] || size=$from
echo "$state $(cat /proc/sys/kernel/random/boot_id) $(cut -d " " -f 1 /proc/uptime) $(date +%s) $size"
echo "$ended"
tail -c "+$((from + 1))" "$1/progress.jsonl" 2>/dev/null | head -c $((size - from))
exit 0
"""

_FETCH = """
size=$(stat -c %s "$1") || exit 1
if [ "$size" -le $(($2 + $3)) ]; then exec cat "$1"; fi
head -c "$2" "$1"
printf '\n[%s bytes left out]\n' $((size - $2 - $3))
tail -c "$3" "$1"
"""

# When it ended is told by a clock that nobody sets, and by which start of the machine that clock counts from.
_ENDED = """boot=$(cat /proc/sys/kernel/random/boot_id)
echo "$SERVICE_RESULT $EXIT_STATUS $boot $(cut -d " " -f 1 /proc/uptime)" > ended.new && mv ended.new ended
"""

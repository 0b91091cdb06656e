"""How Slurm's answers are read. Pure.

They are those of `squeue --Format`, `sacct --parsable2` and `sinfo --format` with `SLURM_TIME_FORMAT=%s`, which say the same from
Slurm 22.05 to 24.11; what `--json` says differs with each release.
"""

import re

from orchestrator.jobs.slurm.values import ENDED, ClusterHost, SlurmJob
from orchestrator.sanitize import DocumentError, sanitized_line

SEPARATOR = "<|>"
"""Between two values of a line. Names of jobs may have any single character."""
SQUEUE_FORMAT = ",".join(
    f"{name}:{width}{SEPARATOR}"
    for name, width in (
        ("JobID", 12),
        ("UserName", 40),
        ("State", 20),
        ("Name", 100),
        ("NumNodes", 8),
        ("tres-alloc", 200),
        ("NodeList", 500),
        ("Reason", 200),
        ("StartTime", 20),
        ("EndTime", 20),
        ("exit_code", 12),
        ("restartcnt", 8),
        ("WorkDir", 400),
        ("STDOUT", 500),
    )
)
"""Of `squeue --noheader --Format`. Each value is padded to its width."""
SACCT_FORMAT = (
    "JobIDRaw,User,State,JobName,NNodes,AllocTRES,ReqTRES,NodeList,Reason,Start,End,ExitCode,WorkDir"
)
"""Of `sacct --allocations --noheader --parsable2`."""
SINFO_FORMAT = SEPARATOR.join(("%N", "%T", "%G", "%c", "%E"))
"""Of `sinfo --Node --noheader --format`."""

_GPUS = re.compile(r"(?:^|,)gres/gpu(?P<type>:[^=,]+)?=(?P<count>\d+)")
_CARDS = re.compile(r"\bgpu:(?:[^:,()]+:)?(\d+)")
_HOSTS = re.compile(r"(?P<stem>[^,\[]+)(?:\[(?P<numbers>[^\]]*)\])?(?:,|$)")
_MOST_HOSTS = 10_000
"""Names that a list of hosts is unfolded to."""
_UNSET = {"", "n/a", "none", "(null)", "none assigned", "unknown", "0"}


def parse_squeue(fleet: str, text: str) -> tuple[SlurmJob, ...]:
    """What squeue prints with SQUEUE_FORMAT. Raises ValueError where it is none."""
    return tuple(_queued(fleet, values) for values in _rows(text, 14, trailing=True))


def parse_sacct(fleet: str, text: str) -> tuple[SlurmJob, ...]:
    """What sacct prints with SACCT_FORMAT. Raises ValueError where it is none."""
    return tuple(_accounted(fleet, values) for values in _rows(text, 13))


def parse_hosts(text: str) -> tuple[ClusterHost, ...]:
    """What sinfo prints with SINFO_FORMAT: a line for each host and partition. Raises ValueError where it is none."""
    rows = (
        ClusterHost(
            name,
            state.lower(),
            sum(map(int, _CARDS.findall(gres.partition("(S:")[0]))),
            int(cpus),
            _known(why),
        )
        for name, state, gres, cpus, why in _rows(text, 5)
    )
    return tuple({host.name: host for host in rows}.values())


def parse_number(text: str) -> int:
    """What `sbatch --parsable` prints: the number, and with a semicolon the cluster. Raises ValueError where it is none."""
    return int(text.strip().splitlines()[-1].partition(";")[0]) if text.strip() else int(text)


def expand_hosts(text: str) -> tuple[str, ...]:
    """The names in `lab-[1-3,07],other`, in its order."""
    names: list[str] = []
    for stem, numbers in _HOSTS.findall(text):
        for part in (numbers or "").split(","):
            first, _, last = part.partition("-")
            if not last:
                names.append(f"{stem}{part}")
                continue
            span = range(int(first), min(int(last), int(first) + _MOST_HOSTS) + 1)
            names += [f"{stem}{number:0{len(first)}}" for number in span]
    return tuple(names[:_MOST_HOSTS])


def _rows(text: str, count: int, *, trailing: bool = False) -> list[list[str]]:
    """The values of each line; `trailing` where the separator stands behind the last one too."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        body = line.removesuffix(SEPARATOR.strip()) if trailing else line
        values = [sanitized_line(value, limit=500) for value in body.split(SEPARATOR)]
        if len(values) != count:
            raise DocumentError(f"{len(values)} values where there should be {count}")
        found.append(values)
    return found


def _queued(fleet: str, values: list[str]) -> SlurmJob:
    number, user, state, name, count, tres, hosts, reason, starts, ends, code, restarts, folder, output = (
        values
    )
    state = _state(state)
    return SlurmJob(
        fleet=fleet,
        number=int(number),
        user=user,
        state=state,
        name=name,
        host_count=int(count),
        hosts=expand_hosts(_known(hosts)),
        gpus=_gpus(tres),
        reason=_known(reason),
        started_at=_time(starts),
        ends_at=_time(ends),
        exit_code=_queued_code(code) if state in ENDED else None,
        restarts=int(restarts),
        folder=folder,
        output=_path(output, number, user, name),
    )


def _accounted(fleet: str, values: list[str]) -> SlurmJob:
    number, user, state, name, count, given, asked, hosts, reason, starts, ends, code, folder = values
    state = _state(state)
    ours = "/orchestrate-runs/" in folder
    return SlurmJob(
        fleet=fleet,
        number=int(number),
        user=user,
        state=state,
        name=name,
        host_count=int(count),
        hosts=expand_hosts(_known(hosts)),
        gpus=_gpus(given or asked),
        reason=_known(reason),
        started_at=_time(starts),
        ends_at=_time(ends),
        exit_code=_code(code) if state in ENDED else None,
        restarts=0,
        folder=folder,
        # The accounting of 22.05 does not keep it.
        output=f"{folder}/job-{number}.log" if ours else f"{folder}/slurm-{number}.out",
    )


def _state(text: str) -> str:
    """`CANCELLED by 1000` is cancelled."""
    return text.partition(" ")[0].lower()


def _known(text: str) -> str:
    return "" if text.lower() in _UNSET else text


def _time(text: str) -> float | None:
    return float(text) if text.isdigit() and int(text) else None


def _gpus(tres: str) -> int:
    """The total that Slurm counts; where only kinds of cards are counted, their sum."""
    counts = [(kind, int(count)) for kind, count in _GPUS.findall(tres)]
    return next((count for kind, count in counts if not kind), sum(count for _, count in counts))


def _queued_code(text: str) -> int:
    """squeue of 22.05 says what waitpid(2) says, later ones `code:signal`."""
    if ":" in text:
        return _code(text)
    status = int(text)
    return 128 + (status & 127) if status & 127 else status >> 8


def _code(text: str) -> int:
    code, _, signal = text.partition(":")
    return 128 + int(signal) if signal and int(signal) else int(code)


def _path(text: str, number: str, user: str, name: str) -> str:
    """Older squeue says the pattern, newer what it stands for."""
    for sign, value in (("%j", number), ("%A", number), ("%u", user), ("%x", name)):
        text = text.replace(sign, value)
    return text

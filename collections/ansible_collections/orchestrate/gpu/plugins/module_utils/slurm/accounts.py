"""Who may use a cluster, and how much of it at once: accounts and limits in Slurm's accounting, through sacctmgr. Removes nobody, as their
history is theirs.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

ACCOUNT = "users"
QOS = "normal"
"""The one that every job has."""
GPUS, JOBS = "gres/gpu", "MaxJobsPU"
ANSWERS_S, PAUSE_S = 60.0, 0.5
HINT = "journalctl -u slurmdbd -u slurmctld, on the controller"


@dataclass(frozen=True)
class Wish:
    """What is wanted."""

    cluster: str
    users: tuple[str, ...]
    gpus: int
    """That one may have at once; 0: any number."""
    jobs: int
    """That one may have running at once; 0: any number."""


@dataclass(frozen=True)
class Seen:
    """What is there."""

    accounts: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    gpus: int = 0
    jobs: int = 0


def steps(wish: Wish, seen: Seen) -> list[tuple[str, tuple[str, ...]]]:
    """What is to be done, in words and as the words of sacctmgr. Pure."""
    found: list[tuple[str, tuple[str, ...]]] = []
    if ACCOUNT not in seen.accounts:
        argv = ("add", "account", ACCOUNT, f"cluster={wish.cluster}", "fairshare=1", "description=all users")
        found.append((f"made the account {ACCOUNT}", argv))
    new = [name for name in wish.users if name not in seen.users]
    if new:
        argv = (
            "add",
            "user",
            f"name={','.join(new)}",
            f"account={ACCOUNT}",
            f"cluster={wish.cluster}",
            "fairshare=1",
        )
        found.append((f"let {', '.join(new)} have jobs", argv))
    changes = []
    if wish.gpus != seen.gpus:
        changes.append(f"MaxTRESPerUser={GPUS}={wish.gpus or -1}")
    if wish.jobs != seen.jobs:
        changes.append(f"MaxJobsPerUser={wish.jobs or -1}")
    if changes:
        said = f"a user may have {_many(wish.gpus, 'GPUs')} and {_many(wish.jobs, 'jobs')} at once"
        found.append((said, ("modify", "qos", QOS, "set", *changes)))
    return found


def seen_in(associations: str, qos: str) -> Seen:
    """What `sacctmgr show` printed of a cluster's associations (account|user) and of the one quality of service (tres|jobs)."""
    pairs = [line.split("|") for line in associations.splitlines() if "|" in line]
    tres, _bar, jobs = qos.strip().partition("|")
    limits = dict(
        each.split("=", 1) for each in tres.split(",") if "=" in each and not each.startswith("gres/gpu:")
    )
    return Seen(
        accounts=frozenset(account for account, user, *_more in pairs if not user),
        users=frozenset(user for account, user, *_more in pairs if user and account == ACCOUNT),
        gpus=int(limits.get(GPUS, 0)),
        jobs=int(jobs) if jobs.isdecimal() else 0,
    )


def bring_about(wish: Wish, *, write: bool) -> Answer:
    """Make it so. Raises HostError where the accounting does not answer."""
    answer = Answer(write=write)
    seen = _look(wish.cluster, wait=write)
    for said, words in steps(wish, seen):
        answer.do(said, _do, words)
    return answer


def _look(cluster: str, *, wait: bool) -> Seen:
    """Until the controller has told the accounting what it counts, or the time is over."""
    deadline = time.monotonic() + ANSWERS_S
    while wait and GPUS not in _shown("tres", "format=type,name").replace("|", "/"):
        if time.monotonic() > deadline:
            raise HostError(
                f"the accounting of Slurm does not know the cluster after {ANSWERS_S:.0f} s", HINT
            )
        time.sleep(PAUSE_S)
    return seen_in(
        _shown("association", f"cluster={cluster}", "format=account,user"),
        _shown("qos", f"name={QOS}", f"format=MaxTRESPU%100,{JOBS}"),
    )


def _shown(what: str, *words: str) -> str:
    done = run(("sacctmgr", "--noheader", "--parsable2", "show", what, *words))
    return done.stdout if done.returncode == 0 else ""


def _do(words: Sequence[str]) -> None:
    succeed(("sacctmgr", "--immediate", "--quiet", *words), HINT)


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count else f"any number of {what}"

"""The hosts of a cluster, on the controller's record: who is in it and what each is. A host that a run leaves out stays as it was.

Who leaves is drained first, and is refused while jobs run there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import ManagedFile, text_of, write
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

RECORD = Path("/etc/orchestrate/slurm-hosts.json")
LEAVES = "leaves the cluster (role slurm)"
BUSY = ("running", "completing", "suspended", "configuring")
ARRIVES_S, PAUSE_S = 90.0, 0.5
UNREADY = ("UNKNOWN", "DOWN", "NOT_RESPONDING", "FAIL")

Hosts = dict[str, dict[str, Any]]


def merged(before: Mapping[str, Any], told: Sequence[Mapping[str, Any]], members: Sequence[str]) -> Hosts:
    """The members with what is known of each, in their order. Pure."""
    known = {**before, **{str(each["name"]): dict(each) for each in told}}
    return {name: known[name] for name in members if name in known}


def computing(hosts: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Names of those that have jobs: the controller may be none of them."""
    return {name for name, host in hosts.items() if host.get("compute", True)}


def recorded(file: Path = RECORD) -> Hosts:
    """What the last run wrote down."""
    try:
        told = json.loads(text_of(file) or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def bring_about(
    told: Sequence[Mapping[str, Any]],
    members: Sequence[str],
    *,
    evict: bool,
    write_it: bool,
    file: Path = RECORD,
) -> Answer:
    """Have the record be of these members; `hosts` in the answer is all of them, `unknown` those of which nothing is known.

    Raises:
        HostError: one that is to leave has jobs.
    """
    before = recorded(file)
    after = merged(before, told, members)
    answer = Answer(write=write_it)
    for name in sorted(computing(before) - computing(after)):
        leave(name, evict=evict, answer=answer)
    if after != before:
        text = json.dumps(after, indent=2, sort_keys=True) + "\n"
        answer.do(f"wrote {file}", write, ManagedFile(file, text, 0o644, (0, 0)))
    answer.more = {"hosts": list(after.values()), "unknown": [name for name in members if name not in after]}
    return answer


def leave(name: str, *, evict: bool, answer: Answer) -> None:
    """Have a host get no more jobs. Raises HostError where some are running there, unless they are to be requeued."""
    shown = run(("scontrol", "--oneliner", "show", "node", name))
    if shown.returncode != 0 or "State=" not in shown.stdout:
        return
    numbers = jobs_of(
        run(
            ("squeue", "--noheader", f"--nodelist={name}", f"--states={','.join(BUSY)}", "--format=%A %u")
        ).stdout
    )
    if numbers and not evict and "NOT_RESPONDING" not in shown.stdout and "State=DOWN" not in shown.stdout:
        jobs = ", ".join(f"{number} of {user}" for number, user in numbers)
        raise HostError(
            f"{name} is to leave the cluster and runs jobs: {jobs}",
            f"wait for them, or `scancel {' '.join(number for number, _user in numbers)}`, or set slurm_evict: true to have them start "
            "again on other hosts",
        )
    if "DRAIN" not in shown.stdout:
        answer.do(
            f"drained {name}",
            succeed,
            _update(name, "drain", LEAVES),
            "scontrol show node, on the controller",
        )
    for number, _user in numbers:
        answer.do(f"requeued job {number}", run, ("scontrol", "requeue", number))


def jobs_of(listed: str) -> list[tuple[str, str]]:
    """Number and user of each job that squeue lists."""
    words = (line.split() for line in listed.splitlines())
    return [(each[0], each[1]) for each in words if len(each) == 2]


def arrive(names: Sequence[str], *, reread: bool, write_it: bool, seconds: float = ARRIVES_S) -> Answer:
    """Have all daemons read their settings anew, where they changed, and wait for these hosts to be there.

    Raises:
        HostError: one does not come, with its state and the reason.
    """
    answer = Answer(write=write_it)
    if reread:
        answer.do("scontrol reconfigure", _reread)
    if not write_it:
        return answer
    deadline = time.monotonic() + seconds
    while True:
        shown = {name: run(("scontrol", "--oneliner", "show", "node", name)).stdout for name in names}
        for name, text in shown.items():
            if LEAVES in text and "DRAIN" in text:
                answer.do(f"took {name} back", run, _update(name, "resume"))
        late = {name: state(text) for name, text in shown.items() if not is_ready(text)}
        if not late:
            return answer
        if time.monotonic() > deadline:
            name, what = next(iter(late.items()))
            raise HostError(
                f"{name} does not come to the cluster: it is {what}",
                f"`systemctl status slurmd` and `journalctl -u slurmd` on {name}, `scontrol show node {name}` on the controller",
            )
        time.sleep(PAUSE_S)


def is_ready(shown: str) -> bool:
    """Whether a host that `scontrol show node` shows answers; one that is drained does."""
    found = state(shown).partition(" ")[0]
    return bool(found) and "*" not in found and not set(UNREADY) & set(found.split("+"))


def state(shown: str) -> str:
    """Its state, as Slurm writes it; with the reason where there is one."""
    after = shown.partition("State=")[2].split(" ", 1)[0].strip()
    reason = shown.partition("Reason=")[2].strip()
    return f"{after} ({reason})" if after and reason and "DOWN" in after else after


def _reread() -> None:
    succeed(("scontrol", "reconfigure"), "journalctl -u slurmctld, on the controller")


def _update(name: str, to: str, reason: str = "") -> tuple[str, ...]:
    return (
        "scontrol",
        "update",
        f"nodename={name}",
        f"state={to}",
        *((f"reason={reason}",) if reason else ()),
    )

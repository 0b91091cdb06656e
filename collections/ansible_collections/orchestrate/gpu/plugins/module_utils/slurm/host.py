"""What a host of a cluster is: its Slurm, its people, its processors, memory and cards. Changes nothing but what it tries and takes back."""

from __future__ import annotations

import json
import pwd
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import record
from ansible_collections.orchestrate.gpu.plugins.module_utils.slurm import cards, confinement
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

OWNER = "slurm"
"""The role, on the record of packages."""
PACKAGE = "slurm-client"
"""Comes with every part of Slurm."""
PROGRAM = "/usr/local/lib/orchestrate/gpuhost"
PLACE = Path("/etc/orchestrate/slurm.json")
KEY = Path("/etc/munge/munge.key")
SETTINGS = Path("/etc/slurm/slurm.conf")
MARKER = "Role slurm"
"""In every file that the role writes."""
PEOPLE = range(1000, 60000)
"""Ids of people: UID_MIN and UID_MAX of /etc/login.defs in Debian and Ubuntu."""
NO_SHELLS = ("nologin", "false")
LEAST_RESERVE_MB, RESERVE_PART = 512, 0.05
"""Of memory, what the system itself keeps."""
TOPOLOGY = {
    "cpus": "CPUs",
    "sockets": "SocketsPerBoard",
    "cores": "CoresPerSocket",
    "threads": "ThreadsPerCore",
}
"""By what `slurmd -C` calls them."""


def look() -> dict[str, Any]:
    """What can be known before anything is installed."""
    return {
        "version": installed(),
        "offered": upstream(candidate(run(("apt-cache", "policy", PACKAGE)).stdout)),
        "foreign": foreign(),
        "users": users(pwd.getpwall()),
    }


def hardware(layouts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What Slurm is told of the host: as its own daemon and the driver's library see it. Needs both packages and program."""
    shown = run(("slurmd", "-C")).stdout
    told = run((PROGRAM, "gpus", "--json")).stdout
    before = _before()
    found, why = cards.found(_parsed(told), layouts)
    if why and before:
        found = before
    return {
        "version": installed(),
        **topology(shown, _limit_mb()),
        "gpus": found,
        "gpus_why": why,
        "autodetect": bool(found) and cards.plugin_is_there(),
        "confinement": confinement.tried(),
    }


def installed() -> str:
    """The version of the host's Slurm; empty where it has none."""
    return upstream(run(("dpkg-query", "--show", "--showformat=${Version}", PACKAGE)).stdout)


def upstream(version: str) -> str:
    """`22.05.8` of a package's version."""
    return re.sub(r"^\d+:", "", version.strip()).partition("-")[0]


def candidate(policy: str) -> str:
    """The version that apt would install; empty where it knows none."""
    found = re.search(r"^\s*Candidate: (\d\S*)", policy, re.MULTILINE)
    return found[1] if found else ""


def users(accounts: Sequence[Any]) -> dict[str, int]:
    """Name -> id of who may log in."""
    return {
        each.pw_name: each.pw_uid
        for each in accounts
        if each.pw_uid in PEOPLE and not each.pw_shell.endswith(NO_SHELLS)
    }


def foreign() -> list[str]:
    """Files that only somebody else's cluster can have here."""
    ours = "munge" in record.read(OWNER).get(OWNER, record.Owned()).brought
    found = [str(KEY)] if KEY.exists() and not ours else []
    if SETTINGS.exists() and MARKER not in SETTINGS.read_text(encoding="utf-8", errors="replace"):
        found.append(str(SETTINGS))
    return found


def topology(shown: str, limit_mb: int) -> dict[str, int]:
    """Processors and memory, without what the system keeps.

    Args:
        shown: by `slurmd -C`.
        limit_mb: of a container; 0 where there is none.
    """
    values = dict(re.findall(r"(\w+)=(\d+)", shown))
    total = int(values.get("RealMemory", 0))
    total = min(total, limit_mb) if limit_mb else total
    reserve = min(max(LEAST_RESERVE_MB, int(total * RESERVE_PART)), total // 4)
    found = {name: int(values.get(theirs, 1)) for name, theirs in TOPOLOGY.items()}
    return {**found, "memory_mb": total - reserve}


def _limit_mb() -> int:
    """What the control group of a container allows."""
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
        except OSError:
            continue
        # Without a limit, version 1 tells the largest number that it knows.
        if text.isdecimal() and int(text) < 2**60:
            return int(text) // 2**20
    return 0


def _before() -> list[dict[str, Any]]:
    """The cards that Slurm was told of by the last run, for a host whose driver does not answer now."""
    try:
        told = json.loads(PLACE.read_text(encoding="utf-8"))["cards"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return told if isinstance(told, list) else []


def _parsed(told: str) -> Mapping[str, Any]:
    try:
        answer = json.loads(told)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}

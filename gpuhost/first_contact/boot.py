"""How far cloud-init is, from its own words. Waits for nothing, changes nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from gpuhost.files import text

_LOG = "var/log/cloud-init-output.log"
_TAIL = 12
_ASK_TIMEOUT_S = 30


class State(NamedTuple):
    """`done`, `running` or `failed`; `errors` are cloud-init's own, `log` the end of what its programs printed."""

    progress: str
    errors: list[str]
    log: list[str]


def state(root: Path) -> State:
    """Where cloud-init stands. A host without it has nothing to wait for."""
    if shutil.which("cloud-init") is None:
        return State(progress="done", errors=[], log=[])
    said = subprocess.run(
        ("cloud-init", "status", "--format", "json"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_ASK_TIMEOUT_S,
        check=False,
    )
    return read(said.stdout.decode(errors="replace"), text(root / _LOG))


def read(status: str, log: str) -> State:
    """Judge what `cloud-init status --format json` printed, with the log that goes with it."""
    try:
        told = json.loads(status)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        # Before its first stage it may not have written anything yet.
        return State(progress="running", errors=[], log=[])
    word, listed = told.get("status"), told.get("errors")
    errors = [str(error) for error in listed] if isinstance(listed, list) else []
    if word in ("error", "degraded") or errors:
        return State(progress="failed", errors=errors, log=log.splitlines()[-_TAIL:])
    finished = word in ("done", "disabled")
    return State(progress="done" if finished else "running", errors=[], log=[])

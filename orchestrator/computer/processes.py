"""Find and end the processes that a run of ours started, also when that run was killed with -9.

Every child is started with `MARKER=<run folder>` in its environment, which its own children inherit: an `ansible-playbook`
that lost its parent, its forked workers and their SSH masters are found by it and by nothing else.

What serves one process beside the fleet's other commands, such as a tunnel, is marked as `owned` by it and lives as long.
"""

from collections.abc import Callable
from pathlib import Path

MARKER = "FLEET_RUN_FOLDER"
_GRACE_S = 3.0


def owned(run_folder: Path, owner: int) -> str:
    """The marker's value for what must not outlive the process with the id `owner`."""
    return f"{run_folder}:{owner}"


def end_marked(run_folder: Path) -> int:
    """Kill every process of this user that carries the marker of `run_folder`; return how many there were.

    What is owned by a process that still runs is left alone.
    """
    return _end(lambda marker: marker == str(run_folder) or _is_orphan(marker, run_folder))


def end_orphans(run_folder: Path) -> int:
    """Kill what was owned, for `run_folder`, by processes that are gone; return how many there were."""
    return _end(lambda marker: _is_orphan(marker, run_folder))


def _is_orphan(marker: str, run_folder: Path) -> bool:
    import psutil

    folder, _, owner = marker.rpartition(":")
    return folder == str(run_folder) and owner.isdigit() and not psutil.pid_exists(int(owner))


def _end(is_ours: Callable[[str], bool]) -> int:
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            marked = is_ours(process.environ().get(MARKER, ""))
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
        if marked:
            found.append(process)
    for process in found:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(found, timeout=_GRACE_S)
    return len(found)

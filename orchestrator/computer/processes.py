"""Find and end the processes that a run of ours started, also when that run was killed with -9.

Every child is started with `MARKER=<run folder>` in its environment, which its own children inherit: an `ansible-playbook`
that lost its parent, its forked workers and their SSH masters are found by it and by nothing else.
"""

from pathlib import Path

MARKER = "FLEET_RUN_FOLDER"
_GRACE_S = 3.0


def end_marked(run_folder: Path) -> int:
    """Kill every process of this user that carries the marker of `run_folder`; return how many there were."""
    import psutil

    found = []
    for process in psutil.process_iter():
        try:
            marked = process.environ().get(MARKER) == str(run_folder)
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

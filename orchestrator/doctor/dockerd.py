"""Start a Docker daemon where no service manager does it: in containers and other minimal systems. Needs root.

One that was killed leaves its pid file, its containerd's and their sockets behind, and these keep the next from
starting. Removes only what belongs to no living process.
"""

import socket
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import EngineMissingError
from orchestrator.providers.base import Say
from orchestrator.waiting import DeadlineError, NotYet, wait_for

START_TIMEOUT_S = 60.0
"""Two seconds as a rule; many containers left over from a crash take longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """How the daemon is started, and where it and its containerd leave their marks."""

    argv: tuple[str, ...] = ("dockerd",)
    log: Path = Path("/var/log/dockerd.log")
    pid_file: Path = Path("/var/run/docker.pid")
    containerd_pid_file: Path = Path("/var/run/docker/containerd/containerd.pid")
    sockets: tuple[Path, ...] = (Path("/run/containerd/containerd.sock"), Path("/var/run/docker.sock"))
    """The first is the system's containerd: dockerd relies on it as soon as the file exists, alive or not."""


def start_daemon(daemon: Daemon, look: Callable[[], str], say: Say) -> None:
    """Start the daemon, unless it runs, and return when it answers. It outlives this process.

    Args:
        daemon: what to start.
        look: asks the engine; returns why it does not answer, or nothing when it does.
        say: told what is done, before it is done.

    Raises:
        EngineMissingError: it ended, or did not answer in time; the cause is what was seen last.
    """
    if _runs(daemon.pid_file, "dockerd") and _answers_before_it_ends(daemon, look):
        return
    clear_leftovers(daemon, say)
    say(f"starting {daemon.argv[0]}, which logs to {daemon.log}")
    process = _spawn(daemon)

    def look_while_it_lives() -> str:
        refusal = look()
        if refusal and process.poll() is not None:
            raise EngineMissingError(
                f"{daemon.argv[0]} ended: {_last_words(daemon.log)}", f"read {daemon.log}"
            )
        return refusal

    wait_for_answer(look_while_it_lives)


def wait_for_answer(look: Callable[[], str]) -> None:
    """Return when `look` has nothing to complain of any more. Raises EngineMissingError after a minute."""

    def answers() -> bool | NotYet:
        refusal = look()
        return NotYet(refusal) if refusal else True

    _wait(answers)


def _answers_before_it_ends(daemon: Daemon, look: Callable[[], str]) -> bool:
    """Wait for a daemon that runs. False when it ends instead: somebody had just killed it."""

    def settled() -> bool | NotYet:
        refusal = look()
        if not refusal:
            return True
        return NotYet(refusal) if _runs(daemon.pid_file, "dockerd") else False

    return _wait(settled)


def _wait(probe: Callable[[], bool | NotYet]) -> bool:
    try:
        return wait_for("the Docker daemon's answer", probe, timeout_s=START_TIMEOUT_S)
    except DeadlineError as error:
        raise EngineMissingError(str(error), "see what `docker info` says, and the daemon's log") from error


def clear_leftovers(daemon: Daemon, say: Say) -> None:
    """Remove pid files and sockets of daemons that are no more."""
    owners = ((daemon.pid_file, "dockerd"), (daemon.containerd_pid_file, "containerd"))
    stale = [path for path, program in owners if path.exists() and not _runs(path, program)]
    stale += [path for path in daemon.sockets if path.is_socket() and not _somebody_listens(path)]
    for path in stale:
        say(f"removing {path}, left over from a daemon that is no more")
        path.unlink(missing_ok=True)


def _runs(pid_file: Path, program: str) -> bool:
    """Whether the process that a pid file names is that program, and alive: a number is soon used again by another."""
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
        name, _, status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")
    except (OSError, ValueError):
        return False
    return name == f"{pid} ({program}" and not status.startswith("Z")


def _somebody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except ConnectionRefusedError:
            return False
    return True


def _spawn(daemon: Daemon) -> subprocess.Popen[bytes]:
    with daemon.log.open("ab") as log:
        return subprocess.Popen(
            daemon.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
        )


def _last_words(log: Path) -> str:
    """The line in which dockerd says why it ended, else the last one."""
    text = log.read_text(encoding="utf-8", errors="replace")
    lines = [line.strip() for line in reversed(text.splitlines()) if line.strip()]
    return next(
        (line for line in lines if line.startswith("failed to start")),
        lines[0] if lines else "without a word",
    )

"""Carry out remedies on this computer: install packages, start the engine. Says each thing before it does it."""

import shlex
import subprocess
from collections.abc import Iterable

from orchestrator.doctor.dockerd import Daemon, start_daemon, wait_for_answer
from orchestrator.doctor.engines.probe import is_socket_denied
from orchestrator.doctor.findings import start_command
from orchestrator.doctor.packages import installer_of
from orchestrator.doctor.values import Facts, Remedy
from orchestrator.errors import EngineMissingError, ProviderError
from orchestrator.providers.base import Say
from orchestrator.providers.sandbox.engine import detect

_TIMEOUT_S = 900.0
"""For the longest, an installation over a slow line."""

_QUERY_TIMEOUT_S = 30.0

_MARKS = ("e:", "error:", "problem:", "no match for argument", "failed to ")
"""How apt, pacman, zypper, dnf and systemctl begin the line that says why."""


def apply_remedies(remedies: Iterable[Remedy], facts: Facts, say: Say) -> None:
    """Install all packages at once, then start the engine. What is there already is left alone.

    Raises:
        ProviderError: a command failed; the cause is its last word.
        EngineMissingError: the engine was started and does not answer.
    """
    wanted = tuple(remedies)
    packages = dict.fromkeys(package for remedy in wanted for package in remedy.packages)
    if packages:
        _install(tuple(packages), facts, say)
    if any(remedy.start_docker for remedy in wanted) and _refusal():
        _start(facts, say)


def _install(packages: tuple[str, ...], facts: Facts, say: Say) -> None:
    installer = installer_of(facts.release)
    if installer is None:  # then no remedy names packages
        return
    known = packages
    if installer.refresh:
        _as_root((*installer.refresh, *installer.patience), facts, say)
        known = tuple(filter(_is_known, packages))
    _as_root((*installer.install, *installer.patience, *known), facts, say)


def _is_known(package: str) -> bool:
    """Whether apt's lists, fresh now, have the package."""
    argv = ("apt-cache", "--quiet", "show", "--no-all-versions", package)
    return subprocess.run(argv, capture_output=True, check=False, timeout=_QUERY_TIMEOUT_S).returncode == 0


def _start(facts: Facts, say: Say) -> None:
    if facts.root_prefix == () and not facts.systemd:
        start_daemon(Daemon(), _refusal, say)
    else:
        _as_root(start_command(facts), facts, say)
        wait_for_answer(_refusal)


def _refusal() -> str:
    """Why the engine does not answer; empty when it does, or when only this user is refused: waiting mends neither."""
    if is_socket_denied():
        return ""
    try:
        detect("docker")
    except EngineMissingError as error:
        return error.cause
    return ""


def _as_root(argv: tuple[str, ...], facts: Facts, say: Say) -> None:
    typed = (*(facts.root_prefix or ()), *argv)
    say(f"running: {shlex.join(typed)}")
    try:
        done = subprocess.run(
            (*(facts.root_prefix or ()), "env", "DEBIAN_FRONTEND=noninteractive", *argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ProviderError(f"{argv[0]} did not end within {_TIMEOUT_S:g} s", shlex.join(typed)) from error
    if done.returncode != 0:
        reason = _reason(done.stdout.decode(errors="replace"))
        raise ProviderError(
            f"{argv[0]} ended with {done.returncode}: {reason}", f"{shlex.join(typed)}, and read what it says"
        )


def _reason(output: str) -> str:
    """The first line that the program marked as an error, else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["without a word"]
    return next((line for line in lines if line.lower().startswith(_MARKS)), lines[-1])

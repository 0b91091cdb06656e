"""Carry out remedies on this computer: install packages, start the engine. Says each thing before it does it."""

import shlex
import subprocess
from collections.abc import Iterable

from orchestrator.doctor.checks import APT_INSTALL, start_command
from orchestrator.doctor.dockerd import Daemon, start_daemon, wait_for_answer
from orchestrator.doctor.probe import is_socket_denied
from orchestrator.doctor.values import Facts, Remedy
from orchestrator.errors import EngineMissingError, ProviderError
from orchestrator.providers.base import Say
from orchestrator.providers.sandbox.engine import detect

_TIMEOUT_S = 900.0
"""For the longest, an installation over a slow line."""

_LOCK_TIMEOUT_S = 120
"""For the unattended upgrade that a fresh machine begins its life with."""

_QUERY_TIMEOUT_S = 30.0


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
    patience = ("--option", f"DPkg::Lock::Timeout={_LOCK_TIMEOUT_S}")
    _as_root(("apt-get", "update", *patience), facts, say)
    _as_root((*APT_INSTALL, *patience, *filter(_is_known, packages)), facts, say)


def _is_known(package: str) -> bool:
    """Whether this release has the package."""
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
    """The first line that apt marked as an error, else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["without a word"]
    return next((line for line in lines if line.startswith("E:")), lines[-1])

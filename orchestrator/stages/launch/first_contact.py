"""The first minute of a host that cloud-init boots: hear that it is done, and replace the key that others could have read.

The new key is on record here before the host shows it. Killed at any point, the next run can log in and goes on.
"""

import base64
import binascii
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orchestrator.computer.content import collection_dir
from orchestrator.computer.zipapp import build_zipapp
from orchestrator.errors import GarbledAnswerError, HostKeyError, HostNotReadyError, UnreachableError
from orchestrator.models import Host
from orchestrator.remote import Completed, Shell, run_from_memory, shell_of
from orchestrator.sanitize import sanitized_json, sanitized_line
from orchestrator.stages.launch.keys import Pins
from orchestrator.waiting import DeadlineError, NotYet, wait_for

PROGRAM = ("gpuhost/*.py", "gpuhost/first_contact/*.py")
"""The one program of a host, with this subcommand alone."""
_POLL_S = 0.25
_RELOAD_TIMEOUT_S = 30.0
_LONGEST = 200
"""Characters of one line that are shown."""
_ED25519 = b"\0\0\0\x0bssh-ed25519\0\0\0\x20"
"""How the public key begins; 32 bytes follow (RFC 8709, 4)."""


def complete_first_boot(host: Host, key: Path | None, pins: Pins, *, timeout_s: float) -> Host:
    """Wait for the end of the first boot, then give the host a key of its own; return it with that key.

    Args:
        host: reached with the key that it was created with.
        key: the fleet's private key.
        pins: gets the new key before the host shows it.
        timeout_s: seconds that the first boot may take.

    Raises:
        HostNotReadyError: cloud-init failed; carries the end of its log.
        UnreachableError: it was not through in time, or the connection broke.
        HostKeyError: it shows neither key.
    """
    program = build_zipapp(collection_dir(), *PROGRAM, main="gpuhost.__main__")
    with closing(shell_of(host, key=key)) as shell:
        _wait_for_boot(host, shell, program, timeout_s)
        new_key = key_from(host, _ask(host, shell, program, "prepare"))
        pins.put(host, new_key, host.host_key)
        _document(host, "activate", _ask(host, shell, program, "activate"))
    renewed = replace(host, host_key=new_key)
    _wait_for_new_key(renewed, key)
    pins.put(host, new_key)
    return renewed


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBoot:
    """Where cloud-init stands on a host."""

    progress: str
    """`running`, `done` or `failed`."""
    errors: tuple[str, ...]
    log: tuple[str, ...]
    """The end of what its programs printed."""


def boot_from(host: Host, answer: Completed) -> FirstBoot:
    """What the host said of its first boot. Raises GarbledAnswerError."""
    said = _document(host, "boot", answer)
    progress, errors, log = said.get("progress"), said.get("errors"), said.get("log")
    if (
        progress not in ("running", "done", "failed")
        or not isinstance(errors, list)
        or not isinstance(log, list)
    ):
        raise _garbled(host, "boot", f"it says nothing of cloud-init: {said!r}")
    return FirstBoot(progress=str(progress), errors=tuple(map(_line, errors)), log=tuple(map(_line, log)))


def key_from(host: Host, answer: Completed) -> str:
    """The public half of the key that the host made, `ssh-ed25519 AAAA…`. Raises GarbledAnswerError."""
    key = _document(host, "prepare", answer).get("public_key")
    kind, _, encoded = key.partition(" ") if isinstance(key, str) else ("", "", "")
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        blob = b""
    if kind != "ssh-ed25519" or not blob.startswith(_ED25519) or len(blob) != len(_ED25519) + 32:
        raise _garbled(host, "prepare", f"{key!r} is no Ed25519 key")
    return f"{kind} {encoded}"


def _wait_for_boot(host: Host, shell: Shell, program: bytes, timeout_s: float) -> None:
    def probe() -> FirstBoot | NotYet:
        boot = boot_from(host, _ask(host, shell, program, "boot"))
        return NotYet("cloud-init is running") if boot.progress == "running" else boot

    try:
        boot = wait_for(f"first boot of {host.name}", probe, timeout_s=timeout_s, interval_s=_POLL_S)
    except DeadlineError as error:
        raise UnreachableError(
            f"{host.name} lets us in, but cloud-init is not through after {timeout_s:g} s",
            f"orchestrate ssh {host.name} -- tail /var/log/cloud-init-output.log",
        ) from error
    if boot.progress == "failed":
        raise _BootFailedError(host, boot.errors, boot.log)


def _wait_for_new_key(host: Host, key: Path | None) -> None:
    """sshd takes a moment to read its new key, and drops nobody meanwhile."""

    def probe() -> bool | NotYet:
        with closing(shell_of(host, key=key)) as shell:
            try:
                shell.run(("true",))
            except UnreachableError as error:
                return NotYet(error.cause)
        return True

    try:
        wait_for(f"new host key of {host.name}", probe, timeout_s=_RELOAD_TIMEOUT_S)
    except DeadlineError as error:
        raise UnreachableError(error.seen, "`orchestrate up` goes on from here") from error


def _ask(host: Host, shell: Shell, program: bytes, step: str) -> Completed:
    """Every step may be repeated: cloud-init restarts sshd when it has put the host key there."""

    def probe() -> Completed | NotYet:
        try:
            return run_from_memory(shell, program, ("first-contact", step))
        except HostKeyError:
            raise
        except UnreachableError as error:
            return NotYet(error.cause)

    try:
        return wait_for(host.name, probe, timeout_s=_RELOAD_TIMEOUT_S)
    except DeadlineError as error:
        raise UnreachableError(error.seen, "`orchestrate up` goes on from here") from error


def _document(host: Host, step: str, answer: Completed) -> dict[str, Any]:
    said = answer.stdout.strip().rpartition("\n")[2]
    if answer.exit_code != 0:
        seen = answer.stderr.strip().rpartition("\n")[2] or said
        raise _garbled(host, step, seen or f"exit code {answer.exit_code}")
    try:
        told = sanitized_json(said)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise _garbled(host, step, said or "no answer")
    return told


def _garbled(host: Host, step: str, seen: str) -> GarbledAnswerError:
    return GarbledAnswerError(
        f"{host.name}: first contact stopped at `{step}`: {sanitized_line(seen, limit=_LONGEST)}",
        "`orchestrate up` goes on from here",
    )


def _line(said: object) -> str:
    return sanitized_line(str(said), limit=_LONGEST)


class _BootFailedError(HostNotReadyError):
    """cloud-init ended with errors."""

    def __init__(self, host: Host, errors: tuple[str, ...], log: tuple[str, ...]) -> None:
        super().__init__(
            f"cloud-init failed on {host.name}: {errors[0] if errors else 'it does not say why'}",
            f"orchestrate ssh {host.name} -- cloud-init status --long; orchestrate down takes the host away",
        )
        self._log = log

    @property
    def lines(self) -> tuple[str, ...]:
        """Cause, the end of the log, and the next step."""
        cause, hint = super().lines
        return (cause, *(f"  {line}" for line in self._log), hint)

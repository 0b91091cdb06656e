"""Hosts that are not reached, or on which nothing is run as root, as errors with a way out. Pure."""

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.ansible_hosts.failures.inventories import is_example
from orchestrator.ansible_hosts.failures.messages import (
    BEHIND_A_PROXY,
    LONGEST,
    OF_THE_WAY,
    STOPPED,
    UNREACHED,
    innermost,
    next_step,
    ssh_reason,
)
from orchestrator.ansible_hosts.identity import KeyProblem
from orchestrator.errors import HostKeyError, OrchestrateError, SudoRefusedError, UnreachableError
from orchestrator.models import endpoint
from orchestrator.sanitize import sanitized, sanitized_line

if TYPE_CHECKING:
    from orchestrator.ansible_hosts.connection import HostConnection

_BECOME_ROOT = "repeat it with --ask-become-pass, or set ansible_become_password in the inventory, encrypted by ansible-vault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of a connection that failed."""

    said: str
    """Ansible's and ssh's words."""
    on_record: str = ""
    """Fingerprint of the key that was expected, where another one was shown."""
    unknown: str = ""
    """The server, as known_hosts would have it, whose key is not on record, where that is known without ssh's words."""
    key: KeyProblem | None = None
    """What is wrong with the key file that was to be used."""


def failed_connection(at: "HostConnection", seen: Seen) -> OrchestrateError:
    """The error for a host that could not be reached, or on which nothing could be run as root."""
    name, said = at.name, sanitized(seen.said)
    silent = seen.unknown and BEHIND_A_PROXY in said and not OF_THE_WAY.search(said)
    if silent or "IDENTIFICATION HAS CHANGED" in said or "Host key verification failed" in said:
        return _host_key_error(at, seen)
    if BEHIND_A_PROXY in said:
        return _stopped_on_its_way(at, said)
    if "Permission denied" in said or "Too many authentication failures" in said:
        return _not_let_in(at, said, seen.key)
    if why := _not_root(at, said):
        return why
    if is_example(at.address):
        return UnreachableError(
            f"{name} is an example, and no host: {ssh_reason(said)}",
            "put your own hosts into the inventory, inventories/lab/hosts.yml if you have no other",
        )
    return UnreachableError(
        f"{name} is not reached at {_where(at)}: {ssh_reason(said)}",
        next_step(UNREACHED, said).format(name=name, address=at.address, port=at.port or 22),
    )


def _not_root(at: "HostConnection", said: str) -> SudoRefusedError | None:
    """The error for a user who was let in and does not become root; None where it is not that."""
    denied = f"{at.name}: {at.user or 'your user'} cannot become root there"
    if " password" in said and said.lstrip().startswith(("Incorrect", "Missing")):
        missing = said.lstrip().startswith("Missing")
        why = "a password is asked for, and none was given" if missing else "the password is wrong"
        return SudoRefusedError(f"{denied}: {why}", _BECOME_ROOT)
    if "waiting for privilege escalation prompt" in said or "Timeout waiting for" in said:
        hint = f"see what it waits for: `orchestrate ssh {at.name} -- sudo true`"
        return SudoRefusedError(f"{denied}: {innermost(said)}", hint)
    return None


def wants_terminal(host: str, user: str) -> SudoRefusedError:
    """The error for a host whose sudo has `requiretty`."""
    return SudoRefusedError(
        f"{host}: sudo there runs on terminals alone (`requiretty`), and Ansible has none while it pipelines",
        f"on {host}: {sudoers_line(f'Defaults:{user} !requiretty')}; or set `pipelining = False` in [ssh_connection] of your ansible.cfg",
    )


def sudoers_line(line: str) -> str:
    """What is typed on a host to have one more line in sudo's rules. visudo refuses what sudo could not read; what stands in the file stays.

    The file has a name of ours: sudo passes over files that have a dot in theirs, as some users have.
    """
    return f"echo {shlex.quote(line)} | sudo EDITOR='tee -a' visudo -f /etc/sudoers.d/90-orchestrate"


def _host_key_error(at: "HostConnection", seen: Seen) -> HostKeyError:
    name, said, unknown = at.name, sanitized(seen.said), seen.unknown
    if found := re.search(r"host key is known for (\S+) and", said):
        unknown = found[1]
    if "IDENTIFICATION HAS CHANGED" in said:
        shown = re.search(r"(SHA256:[A-Za-z0-9+/]+)", said)
        return HostKeyError(
            f"{name} at {endpoint(at.address, at.port or 22)} shows host key {shown[1] if shown else 'of another kind'}, on record is"
            f" {seen.on_record or 'another one'}: the host was replaced, or somebody stands in between",
            f"if you replaced the host: `orchestrate trust {name}`",
        )
    server = f" for {unknown}" if unknown else ""
    return HostKeyError(f"{name}: no host key is on record{server}", f"orchestrate trust {name}")


def _stopped_on_its_way(at: "HostConnection", said: str) -> UnreachableError:
    """The error for a host whose jump host is not reached, lets nobody in, or does not reach it."""
    lines = [line.strip() for line in said.splitlines() if OF_THE_WAY.search(line)]
    reason = sanitized_line((lines or [ssh_reason(said)])[0], limit=LONGEST)
    return UnreachableError(
        f"{at.name} is not reached through its jump host: {reason}",
        next_step(STOPPED, reason).format(name=at.name, address=at.address, port=at.port or 22),
    )


def _not_let_in(at: "HostConnection", said: str, key: KeyProblem | None) -> UnreachableError:
    denied = f"{at.name}: {_where(at)} is not let in"
    if key is not None:
        return UnreachableError(f"{denied}: {key.cause}", key.hint)
    return UnreachableError(
        f"{denied}: {ssh_reason(said)}",
        f"have ansible_user and ansible_ssh_private_key_file of {at.name} name a user there and a key of this user's"
        f" ~/.ssh/authorized_keys: `orchestrate ssh {at.name}` logs in with the same",
    )


def _where(at: "HostConnection") -> str:
    return f"{at.user}@{at.address}" if at.user else at.address

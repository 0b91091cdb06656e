"""What Ansible's and ssh's words mean, as errors of ours with a way out. Pure: asks nobody, reads no file."""

import ipaddress
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import (
    HostKeyError,
    OrchestrateError,
    ProviderError,
    SudoRefusedError,
    UnreachableError,
)
from orchestrator.sanitize import sanitized, sanitized_line

if TYPE_CHECKING:
    from orchestrator.ansible_hosts.connection import HostConnection

_LONGEST = 300

_OPEN_VAULT = (
    "repeat it with --ask-vault-pass, or set ANSIBLE_VAULT_PASSWORD_FILE to a file that holds the password"
)
_BECOME_ROOT = "repeat it with --ask-become-pass, or set ansible_become_password in the inventory, encrypted by ansible-vault"

_EXAMPLE_NETWORKS = tuple(
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
"""RFC 5737 and 3849: for documents."""
_EXAMPLE_NAMES = (".example", ".example.com", ".example.net", ".example.org", ".invalid")
"""RFC 2606."""

_NO_CAUSE = re.compile(
    r"^(\[WARNING\]|<<<|Origin:|\(source|debug\d:|\*\* |Warning: Permanently added|Connection closed by UNKNOWN)"
)
_PASSING = re.compile(
    r"Connection refused|Connection reset|Connection closed by remote|kex_exchange_identification|banner exchange.*(closed|refused)"
)


def unreadable(path: Path, error: Exception, *, host: str = "") -> ProviderError:
    """The error for an inventory, or for what it says of one host, that Ansible cannot read."""
    said, of = sanitized(str(error)), f" for {host}" if host else ""
    if "no vault secrets found" in said:
        return ProviderError(
            f"{path} has variables{of} that ansible-vault encrypted, and no password was given",
            _OPEN_VAULT,
        )
    if "ecryption failed" in said:
        return ProviderError(f"{path} has variables{of} that none of the vault passwords opens", _OPEN_VAULT)
    if "password file" in said or "password script" in said or "Empty password" in said:
        return ProviderError(
            _innermost(said), "write the password to that file, or name another one in ansible.cfg"
        )
    what = f"{path} cannot be read{of}: {_innermost(said)}"
    hint = f"ansible-inventory -i {path} --host {host}" if host else f"ansible-inventory -i {path} --list"
    return ProviderError(what, hint)


def failed_connection(
    at: "HostConnection", said: str, *, on_record: str = "", unknown: str = ""
) -> OrchestrateError:
    """The error for a host that could not be reached, or on which nothing could be run as root.

    Args:
        at: the host.
        said: Ansible's and ssh's words.
        on_record: fingerprint of the key that was expected, where another one was shown.
        unknown: the server, as known_hosts would have it, whose key is not on record, where that is known without ssh's words.
    """
    name, user, said = at.name, at.user or "your user", sanitized(said)
    where = f"{at.user}@{at.address}" if at.user else at.address
    if " password" in said and said.lstrip().startswith(("Incorrect", "Missing")):
        missing = said.lstrip().startswith("Missing")
        seen = "a password is asked for, and none was given" if missing else "the password is wrong"
        return SudoRefusedError(f"{name}: {user} cannot become root there: {seen}", _BECOME_ROOT)
    if "waiting for privilege escalation prompt" in said or "Timeout waiting for" in said:
        return SudoRefusedError(
            f"{name}: {user} cannot become root there: {_innermost(said)}",
            f"see what it waits for: `orchestrate ssh {name} -- sudo true`",
        )
    if "IDENTIFICATION HAS CHANGED" in said or "Host key verification failed" in said:
        return _host_key_error(at, said, on_record, unknown)
    if "Permission denied" in said or "Too many authentication failures" in said:
        return UnreachableError(
            f"{name}: {where} is not let in: {_ssh_reason(said)}",
            f"see that ansible_user and ansible_ssh_private_key_file are right: `orchestrate ssh {name}` logs in with the same",
        )
    if is_example(at.address):
        return UnreachableError(
            f"{name} is an example, and no host: {_ssh_reason(said)}",
            "put your own hosts into the inventory, inventories/lab/hosts.yml if you have no other",
        )
    return UnreachableError(
        f"{name} is not reached at {where}: {_ssh_reason(said)}",
        f"see that `orchestrate ssh {name}` works, then repeat the command",
    )


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


def may_pass(error: Exception) -> bool:
    """Whether another attempt may succeed a moment later: sshd restarts, or turns away more logins than it takes at once."""
    return bool(_PASSING.search(str(error)))


def is_example(address: str) -> bool:
    """Whether it is a name or an address that stands in documents only."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return address.endswith(_EXAMPLE_NAMES)
    return any(number in net for net in _EXAMPLE_NETWORKS if net.version == number.version)


def _host_key_error(at: "HostConnection", said: str, expected: str, unknown: str) -> HostKeyError:
    name = at.name
    if found := re.search(r"host key is known for (\S+) and", said):
        unknown = found[1]
    if "IDENTIFICATION HAS CHANGED" in said:
        seen = re.search(r"(SHA256:[A-Za-z0-9+/]+)", said)
        return HostKeyError(
            f"{name} at {at.address}:{at.port or 22} shows host key {seen[1] if seen else 'of another kind'}, on record is"
            f" {expected or 'another one'}: the host was replaced, or somebody stands in between",
            f"if you replaced the host: `orchestrate trust {name}`",
        )
    server = f" for {unknown}" if unknown else ""
    return HostKeyError(f"{name}: no host key is on record{server}", f"orchestrate trust {name}")


def _ssh_reason(said: str) -> str:
    """ssh's last word, and before it what it says of a key that it could not use."""
    lines = [line.strip() for line in said.splitlines() if line.strip() and not _NO_CAUSE.match(line.strip())]
    keys = [
        line
        for line in lines
        if re.search(r"[Ii]dentity file|no such identity|Load key|private key file", line)
    ]
    found = dict.fromkeys((*keys[:1], *lines[-1:]))
    prefix = re.compile(r"^.*?(Failed to connect to the host via ssh|can be reached over ssh): ?")
    return (
        sanitized_line("; ".join(prefix.sub("", line) for line in found), limit=_LONGEST) or "no reason given"
    )


def _innermost(said: str) -> str:
    """Ansible's innermost cause: the last line that neither warns nor points at a place."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    wanted = [line for line in lines if not _NO_CAUSE.match(line)]
    return sanitized_line((wanted or ["no reason given"])[-1].removeprefix("[ERROR]: "), limit=_LONGEST)

"""Inventories that Ansible cannot read, as errors with a way out, and hosts that stand in documents only. Pure."""

import ipaddress
import re
from pathlib import Path

from orchestrator.ansible_hosts.failures.messages import innermost
from orchestrator.errors import ProviderError
from orchestrator.sanitize import sanitized

_OPEN_VAULT = (
    "repeat it with --ask-vault-pass, or set ANSIBLE_VAULT_PASSWORD_FILE to a file that holds the password"
)
_PASSWORD_FILE = re.compile(r"[Pp]assword (?:file|script|client script)\b|password was provided")
"""In whatever Ansible says of a file of passwords: that it is missing, empty, or a program that fails."""

_EXAMPLE_NETWORKS = tuple(
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
"""RFC 5737 and 3849: for documents."""
_EXAMPLE_NAMES = (".example", ".example.com", ".example.net", ".example.org", ".invalid")
"""RFC 2606."""


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
    if _PASSWORD_FILE.search(said):
        return ProviderError(
            innermost(said),
            "have that file hold the password, or print it where it may be executed; or name another one in ansible.cfg",
        )
    what = f"{path} cannot be read{of}: {innermost(said)}"
    hint = f"ansible-inventory -i {path} --host {host}" if host else f"ansible-inventory -i {path} --list"
    return ProviderError(what, hint)


def is_example(address: str) -> bool:
    """Whether it is a name or an address that stands in documents only."""
    try:
        number = ipaddress.ip_address(address)
    except ValueError:
        return address.endswith(_EXAMPLE_NAMES)
    return any(number in net for net in _EXAMPLE_NETWORKS if net.version == number.version)

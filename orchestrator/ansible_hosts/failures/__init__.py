"""What Ansible's and ssh's words mean, as errors of ours with a way out. Pure: asks nobody, reads no file."""

from orchestrator.ansible_hosts.failures.connections import (
    Seen,
    failed_connection,
    sudoers_line,
    wants_terminal,
)
from orchestrator.ansible_hosts.failures.inventories import is_example, unreadable
from orchestrator.ansible_hosts.failures.messages import BEHIND_A_PROXY, may_pass

__all__ = [
    "BEHIND_A_PROXY",
    "Seen",
    "failed_connection",
    "is_example",
    "may_pass",
    "sudoers_line",
    "unreadable",
    "wants_terminal",
]

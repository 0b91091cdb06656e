"""Hosts of the user's own Ansible inventory, reached as Ansible reaches them. The only package that imports Ansible.

Inventory, variables, vault, connection and become plugins are Ansible's own, so that an inventory means here what it means to
`ansible-playbook`. Two things are ours: a host key is never accepted unseen, and no password is in an argument or a file.
"""

from orchestrator.ansible_hosts.connection import HostConnection, Output, SshCommand
from orchestrator.ansible_hosts.core import AnsibleCore, installed_core
from orchestrator.ansible_hosts.failures import sudoers_line, wants_terminal
from orchestrator.ansible_hosts.inventory import Inventory, open_inventory
from orchestrator.ansible_hosts.passwords import Secret, keep, passed_on
from orchestrator.ansible_hosts.route import Hop, refusal, route, shown_key
from orchestrator.ansible_hosts.settings import ansible_settings

__all__ = [
    "AnsibleCore",
    "Hop",
    "HostConnection",
    "Inventory",
    "Output",
    "Secret",
    "SshCommand",
    "ansible_settings",
    "installed_core",
    "keep",
    "open_inventory",
    "passed_on",
    "refusal",
    "route",
    "shown_key",
    "sudoers_line",
    "wants_terminal",
]

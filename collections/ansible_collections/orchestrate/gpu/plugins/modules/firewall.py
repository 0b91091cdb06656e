#!/usr/bin/python
"""Have a firewall that locks nobody out."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: firewall
short_description: Shut every port but those in use, with rollback
version_added: 0.1.0
description:
  - Loads one table of nftables, C(inet orchestrate), with a chain for what comes in. Other tables are not touched. Files with rules
    in C(/etc/orchestrate/firewall.d) are part of it.
  - Refuses a host on which ufw or firewalld is active, which would shut what these rules open.
  - Refuses rules that would shut what the connection in use, or another host of the inventory, comes in by.
  - New rules are loaded unconfirmed. A timer on the host takes them back after O(rollback_s), to the rules before, unless
    O(state=confirmed) comes before. Make a fresh connection in between; one that is open already proves nothing.
  - Confirmed rules are loaded at every boot by C(orchestrate-firewall.service).
author: The orchestrate maintainers (@orchestrate)
options:
  state:
    description:
      - V(present) has the rules loaded, new ones unconfirmed.
      - V(confirmed) keeps rules that were loaded unconfirmed. Takes the same parameters.
      - V(absent) removes the rules, the service, and the packages that were installed for them.
    type: str
    choices: [present, confirmed, absent]
    default: present
  ssh_ports:
    description: The TCP ports of sshd.
    type: list
    elements: int
    default: [22]
  ssh_from:
    description: Addresses and networks that reach SSH. Empty for everybody.
    type: list
    elements: str
    default: []
  ssh_rate:
    description: New connections a minute that one address may open to SSH. V(0) for no limit.
    type: int
    default: 300
  allow:
    description: What else is open.
    type: list
    elements: dict
    default: []
    suboptions:
      ports:
        description: Ports and ranges, V(8000) or V(9000-9010).
        type: list
        elements: str
        required: true
      protocol:
        description: Of the ports.
        type: str
        choices: [tcp, udp]
        default: tcp
      from:
        description: Address or network that reaches it. Everybody when left out.
        type: str
      why:
        description: What it is for. The comment of its rule.
        type: str
        required: true
  accept:
    description:
      - What to go on in spite of.
      - V(tunnels), the connection in use rides on a port that is shut.
      - V(forwards), other hosts are reached at ports of this one that are shut.
    type: list
    elements: str
    choices: [tunnels, forwards]
    default: []
  names:
    description: What the inventory calls this host.
    type: list
    elements: str
    default: []
  other_hosts:
    description: The other hosts of the inventory, each as a list of its name, its address and its port of SSH.
    type: list
    elements: list
    default: []
  connection:
    description: The words of E(SSH_CONNECTION), as the session of the connecting user has it. Empty where it is not known.
    type: list
    elements: str
    default: []
  packages:
    description: Packages of the distribution that are installed where they are missing. What comes with them is on record.
    type: list
    elements: str
    default: [nftables]
  rollback_s:
    description: Seconds after which the host takes new rules back by itself.
    type: int
    default: 60
attributes:
  check_mode:
    description: Can run in check mode and say what would be done. Refuses what it would refuse.
    support: full
  diff_mode:
    description: Shows the files before and after.
    support: full
"""

EXAMPLES = r"""
- name: Load the rules unconfirmed
  orchestrate.gpu.firewall:
    allow:
      - {ports: [9100], from: 10.8.0.7, why: Monitoring}
    connection: "{{ connection_in_use.stdout | split }}"
  register: firewall

- name: Make a fresh connection
  ansible.builtin.wait_for_connection:
    timeout: 30
  vars:
    ansible_ssh_args: -o ControlPath=none
  when: firewall.unconfirmed

- name: Keep the rules
  orchestrate.gpu.firewall:
    allow:
      - {ports: [9100], from: 10.8.0.7, why: Monitoring}
    state: confirmed
  when: firewall.unconfirmed
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [installed nftables, 'loaded the rules, unconfirmed']
new_rules:
  description: Whether the rules are others than those in force.
  returned: with O(state=present)
  type: bool
unconfirmed:
  description: Whether rules were loaded that will be taken back unless they are confirmed.
  returned: with O(state=present)
  type: bool
shut:
  description: Ports that something listens at and that new rules shut, each with what listens.
  returned: with O(state=present)
  type: list
  elements: str
  sample: [tcp 8080 (python3)]
other_firewalls:
  description: Firewalls that stay in force beside this one.
  returned: with O(state=present)
  type: list
  elements: str
removed_packages:
  description: Packages that were removed because they had been installed for the firewall.
  returned: with O(state=absent)
  type: list
  elements: str
needed_packages:
  description: Packages that were installed for the firewall and stay, because something else needs them.
  returned: with O(state=absent)
  type: list
  elements: str
fail2ban:
  description: Whether fail2ban is there (C(installed)), the role's own jails (C(jails)) and a log of NGINX that it can watch
    (C(web_log)); and what people have a jail leave alone (C(exempted), a list by jail).
  returned: success
  type: dict
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall import state
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.fail2ban import exempted
from ansible_collections.orchestrate.gpu.plugins.module_utils.firewall.rules import wish_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run_alone

OPENED = {
    "ports": {"type": "list", "elements": "str", "required": True},
    "protocol": {"type": "str", "choices": ["tcp", "udp"], "default": "tcp"},
    "from": {"type": "str"},
    "why": {"type": "str", "required": True},
}
ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "confirmed", "absent"], "default": "present"},
    "ssh_ports": {"type": "list", "elements": "int", "default": [22]},
    "ssh_from": {"type": "list", "elements": "str", "default": []},
    "ssh_rate": {"type": "int", "default": 300},
    "allow": {"type": "list", "elements": "dict", "options": OPENED, "default": []},
    "accept": {"type": "list", "elements": "str", "choices": ["tunnels", "forwards"], "default": []},
    "names": {"type": "list", "elements": "str", "default": []},
    "other_hosts": {"type": "list", "elements": "list", "default": []},
    "connection": {"type": "list", "elements": "str", "default": []},
    "packages": {"type": "list", "elements": "str", "default": ["nftables"]},
    "rollback_s": {"type": "int", "default": 60},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    wish = wish_of(module.params)

    def work(write: bool) -> Answer:  # noqa: FBT001  run_alone calls it
        fail2ban = {
            "installed": state.FAIL2BAN.exists(),
            "jails": state.JAIL.exists(),
            "web_log": state.WEB_LOG.exists(),
            "exempted": {jail: exempted(jail, state.JAIL) for jail in ("sshd", "nginx-http-auth")},
        }
        if module.params["state"] == "absent":
            answer = state.absent(write_all=write)
        elif module.params["state"] == "confirmed" and write:
            answer = state.confirm(wish)
        else:
            answer = state.present(wish, write_all=write)
        answer.more["fail2ban"] = fail2ban
        return answer

    run_alone(module, "packages", work)


if __name__ == "__main__":
    main()

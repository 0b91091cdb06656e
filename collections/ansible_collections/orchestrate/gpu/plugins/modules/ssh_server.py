#!/usr/bin/python
"""Have settings of sshd that lock nobody out."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: ssh_server
short_description: Have settings of sshd in force, with rollback
version_added: 0.1.0
description:
  - Keeps one file of settings that sorts first, C(/etc/ssh/sshd_config.d/00-00-ssh_server.conf). sshd keeps the first value it reads.
  - Asks sshd what it would use with the new settings, and looks at what is connected. Refuses, before settings are changed, what
    would lock out the connecting user, or others that come in through a session of sshd.
  - New settings are loaded unconfirmed. A timer on the host takes them back after O(rollback_s) unless O(state=confirmed) comes
    before. Make a fresh connection in between; one that is open already proves nothing.
author: The orchestrate maintainers (@orchestrate)
options:
  state:
    description:
      - V(present) has the settings loaded, new ones unconfirmed.
      - V(confirmed) keeps settings that were loaded unconfirmed. Takes O(ports) and O(local).
      - V(absent) returns to the distribution's settings, unconfirmed. Where there are none to take back, it removes the RSA host
        key and the list of groups. So it comes once more after V(confirmed).
    type: str
    choices: [present, confirmed, absent]
    default: present
  settings:
    description: The text of the file of settings.
    type: str
    default: ''
  port:
    description: Where sshd shall listen. V(0) leaves it where it is. Written for systemd's socket where that holds the port.
    type: int
    default: 0
  rsa_host_key:
    description: Whether there is an RSA host key of 4096 bits, C(/etc/ssh/ssh_host_rsa_4096_key), beside the host's own.
    type: bool
    default: false
  moduli:
    description: Whether there is a list of Diffie-Hellman groups of 3072 bits and more, C(/etc/ssh/moduli_3072).
    type: bool
    default: false
  packages:
    description: Packages of the distribution that are installed where they are missing. They stay.
    type: list
    elements: str
    default: [openssh-server]
  accept:
    description:
      - What to go on in spite of.
      - V(forwards), what sessions of sshd carry ends.
      - V(match_blocks), sshd_config lets in what the settings keep out.
      - V(other_server), another server than sshd is in use.
    type: list
    elements: str
    choices: [forwards, match_blocks, other_server]
    default: []
  add_include:
    description: Whether a line may be added to sshd_config where that does not read the file.
    type: bool
    default: false
  local:
    description: Whether Ansible runs on the host itself, so that there is no connection to keep.
    type: bool
    default: false
  names:
    description: What the inventory calls this host.
    type: list
    elements: str
    default: []
  ssh_options:
    description: Options of ssh for other hosts of the inventory that name a jump host, each as a list of the host and the options.
    type: list
    elements: list
    default: []
  user:
    description: The name of the connecting user.
    type: str
    default: root
  connection:
    description: E(SSH_CONNECTION), as the session of the connecting user has it. Empty where it is not known.
    type: str
    default: ''
  ports:
    description: With O(state=confirmed) and O(local), the ports at which sshd has to answer.
    type: list
    elements: int
    default: []
  rollback_s:
    description: Seconds after which the host takes new settings back by itself.
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
- name: Load the settings unconfirmed
  orchestrate.gpu.ssh_server:
    settings: |
      PasswordAuthentication no
      PermitRootLogin no
    user: ada
    connection: "{{ connection_in_use.stdout }}"
  register: ssh_server

- name: Make a fresh connection
  ansible.builtin.wait_for_connection:
    timeout: 30
  vars:
    ansible_ssh_args: -o ControlPath=none
  when: ssh_server.unconfirmed

- name: Keep the settings
  orchestrate.gpu.ssh_server:
    state: confirmed
  when: ssh_server.unconfirmed
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [installed xauth, 'loaded the settings, unconfirmed']
unconfirmed:
  description: Whether settings were loaded that will be taken back unless they are confirmed.
  returned: success
  type: bool
notes:
  description: What to keep in mind though nothing stands against the settings.
  returned: success
  type: list
  elements: str
port:
  description: The port of the host that the connection in use came in at. V(0) where it is not known.
  returned: success
  type: int
ports_after:
  description: Where sshd answers with the new settings.
  returned: success
  type: list
  elements: int
dependents:
  description: Hosts of the inventory that are reached through this one.
  returned: success
  type: list
  elements: str
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run_alone
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server import state
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import wish_of

ACCEPTABLE = ["forwards", "match_blocks", "other_server"]
ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "confirmed", "absent"], "default": "present"},
    "settings": {"type": "str", "default": ""},
    "port": {"type": "int", "default": 0},
    "rsa_host_key": {"type": "bool", "default": False, "no_log": False},
    "moduli": {"type": "bool", "default": False},
    "packages": {"type": "list", "elements": "str", "default": ["openssh-server"]},
    "accept": {"type": "list", "elements": "str", "choices": ACCEPTABLE, "default": []},
    "add_include": {"type": "bool", "default": False},
    "local": {"type": "bool", "default": False},
    "names": {"type": "list", "elements": "str", "default": []},
    "ssh_options": {"type": "list", "elements": "list", "default": []},
    "user": {"type": "str", "default": "root"},
    "connection": {"type": "str", "default": ""},
    "ports": {"type": "list", "elements": "int", "default": []},
    "rollback_s": {"type": "int", "default": 60},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    wish = wish_of(given)

    def work(write: bool) -> Answer:  # noqa: FBT001  run_alone calls it
        if given["state"] == "confirmed":
            return state.confirm(given["ports"], local=wish.local, write_all=write)
        return (state.present if given["state"] == "present" else state.absent)(wish, write_all=write)

    run_alone(module, "packages", work)


if __name__ == "__main__":
    main()

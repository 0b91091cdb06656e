#!/usr/bin/python
"""Have accounts with their SSH keys."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: accounts
short_description: Have accounts with groups, SSH keys and rights, and take away what was added
version_added: 0.1.0
description:
  - An account that is there is added to; shell and comment are of those that are made. Keys stand between two markers, other lines stay.
    Whoever is taken off the list keeps everything but the right to act as root.
  - What is added is on record in C(/var/lib/misc/OWNER-users.json) before it is added, so a run that was killed is taken back whole.
author: The orchestrate maintainers (@orchestrate)
options:
  owner: {description: The role that wants them., type: str, required: true}
  users:
    description: The accounts.
    type: list
    elements: dict
    default: []
    suboptions:
      name: {description: Login name., type: str, required: true}
      shell: {description: Login shell of an account that is made., type: str, default: /bin/bash}
      comment: {description: Full name of an account that is made., type: str, default: ""}
      groups: {description: "Further groups, which exist.", type: list, elements: str, default: []}
      sudo: {description: Whether it may do everything as root without a password., type: bool, default: false}
      ssh_keys: {description: Public keys that may log in., type: list, elements: str, required: true}
  state:
    description: V(absent) takes away all that is on record, also accounts; home directories stay. Refused while one of them is connected.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode: {description: Can run in check mode and say what would be done., support: full}
  diff_mode: {description: Shows the files before and after., support: full}
"""

EXAMPLES = r"""
- name: Give Ada an account
  orchestrate.gpu.accounts:
    owner: base
    users:
      - name: ada
        ssh_keys: [ssh-ed25519 AAAA ada@laptop]
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [created account ada]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup import accounts
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run_alone

USER = {
    "name": {"type": "str", "required": True},
    "shell": {"type": "str", "default": "/bin/bash"},
    "comment": {"type": "str", "default": ""},
    "groups": {"type": "list", "elements": "str", "default": []},
    "sudo": {"type": "bool", "default": False},
    # Public: Ansible takes a name with "key" in it for a secret.
    "ssh_keys": {"type": "list", "elements": "str", "required": True, "no_log": False},
}
ARGUMENTS = {
    "owner": {"type": "str", "required": True},
    "users": {"type": "list", "elements": "dict", "options": USER, "default": []},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    owner, given = module.params["owner"], module.params["users"]

    def work(write: bool) -> Answer:  # noqa: FBT001  as run_alone calls it
        if module.params["state"] == "absent":
            return accounts.absent(owner, write=write)
        return accounts.present(owner, [accounts.User(**each) for each in given], write=write)

    run_alone(module, "accounts", work)


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Have units of systemd for listed users alone."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: user_units
short_description: Remove the systemd units of users who are not listed
version_added: 0.1.0
description:
  - Stops the instances of template units that belong to users who are not listed, takes them out of the boot, and removes the files
    of those that have one of their own.
  - Says which accounts the listed users have, and fails before it changes anything where one of them has none. In check mode such
    an account counts as about to be made.
  - What shall run for the listed users is the matter of M(orchestrate.gpu.systemd_units).
author: The orchestrate maintainers (@orchestrate)
options:
  users:
    description: Names of the users who have units.
    type: list
    elements: str
    required: true
  units:
    description:
      - Templates of the units that each listed user has installed, such as C(tool@.socket). What runs of them without being
        installed is stopped, with the service of a socket.
    type: list
    elements: str
    required: true
  obsolete:
    description: Templates of units that no user has installed any more.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Shows the files of the units that go.
    support: full
"""

EXAMPLES = r"""
- name: Disable sockets of removed users
  orchestrate.gpu.user_units:
    users: [ada, grace]
    units: [tool@.socket]
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [systemctl stop tool@alan.socket, removed /etc/systemd/system/sockets.target.wants/tool@alan.socket]
accounts:
  description: The number C(uid) and the C(home) of each listed user.
  returned: success
  type: dict
  sample: {ada: {uid: 1000, home: /home/ada}}
running:
  description: Instances of these units that go on running, and services of their sockets.
  returned: success
  type: list
  elements: str
  sample: [tool@ada.service, tool@ada.socket]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import user_units
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run

ARGUMENTS = {
    "users": {"type": "list", "elements": "str", "required": True},
    "units": {"type": "list", "elements": "str", "required": True},
    "obsolete": {"type": "list", "elements": "str", "default": []},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    wish = user_units.Wish(**{name: tuple(given) for name, given in module.params.items()})

    def work(write: bool) -> Answer:  # noqa: FBT001  run calls it
        found = user_units.accounts(wish.users, forgiving=not write)
        answer = user_units.prune(wish, write=write)
        answer.more["accounts"] = found
        return answer

    run(module, work)


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Have what desktops need of a host."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: desktop
short_description: Have the packages of desktops, and let their users have services without a login and the graphics cards
version_added: 0.1.0
description:
  - Installs packages, and removes those that it brought before and that are not wanted any more, with what came along.
  - Has the services of users linger, and puts them into groups that may open cards, where the host has a card.
  - What it gave is on record on the host before it is given, and is taken back from users who are not listed any more, together
    with the desktop's password.
author: The orchestrate maintainers (@orchestrate)
options:
  packages:
    description: Names of packages. Without any, all that were brought go.
    type: list
    elements: str
    default: []
  users:
    description: Names of accounts that are there.
    type: list
    elements: str
    default: []
  groups:
    description: Groups whose members may open cards.
    type: list
    elements: str
    default: []
  program:
    description: The program on the host that removes the desktop's password of the user who calls it with C(forget).
    type: path
    required: true
attributes:
  check_mode:
    description: Can run in check mode and say what would be done. Packages that would come along are not named then.
    support: full
  diff_mode:
    description: Says what was installed, removed, given and taken, or would be, a line each.
    support: full
"""

EXAMPLES = r"""
- name: Have what desktops need
  orchestrate.gpu.desktop:
    packages: [tigervnc-standalone-server, xfce4-session]
    users: [ada]
    groups: [render, video]
    program: /usr/local/lib/orchestrate-vnc/orchestrate_vnc.py
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [installed xfce4-session, "ada has render"]
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.desktop import accounts, packages
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone

NAMES = {"type": "list", "elements": "str", "default": []}
ARGUMENTS = {
    "packages": NAMES,
    "users": NAMES,
    "groups": NAMES,
    "program": {"type": "path", "required": True},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params

    def work(write: bool) -> tuple[list[str], dict[str, Any]]:  # noqa: FBT001  run_alone calls it
        wish = accounts.Wish(tuple(given["users"]), tuple(given["groups"]), given["program"])
        plan = accounts.plan_of(wish)
        if write:
            accounts.take(wish, plan)
        done = plan.taken + packages.bring_about(given["packages"], write=write)
        if write:
            # Packages may have brought what is given.
            plan = accounts.plan_of(wish)
            accounts.give(plan)
        return done + plan.given, {}

    run_alone(module, "vnc", work)


if __name__ == "__main__":
    main()

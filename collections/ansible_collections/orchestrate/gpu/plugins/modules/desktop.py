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
  - Has session, window manager and terminal of a desktop that was there before stay the host's choice, as far as that was left to
    the packages' priorities.
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
attributes:
  check_mode:
    description: Can run in check mode and say what would be done. apt simulates what it has on its lists.
    support: full
  diff_mode:
    description: Shows the packages before and after, with versions; where none differ, what was given and taken, a line each.
    support: full
"""

EXAMPLES = r"""
- name: Have what desktops need
  orchestrate.gpu.desktop:
    packages: [tigervnc-standalone-server, xfce4-session]
    users: [ada]
    groups: [render, video]
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

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.desktop import accounts, alternatives
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import decisions
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.state import bring_about
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run_alone

FORMER_RECORD = Path("/var/lib/misc/vnc-packages.json")
NAMES = {"type": "list", "elements": "str", "default": []}
ARGUMENTS = {"packages": NAMES, "users": NAMES, "groups": NAMES}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    wanted = decisions.Wish(
        "vnc",
        decisions.wants_of(given["packages"], ()),
        former_record=FORMER_RECORD,
        hint="spell it in vnc_packages as the distribution does, or leave it out",
    )

    def work(write: bool) -> Answer:  # noqa: FBT001  run_alone calls it
        wish = accounts.Wish(tuple(given["users"]), tuple(given["groups"]))
        plan = accounts.plan_of(wish)
        if write:
            accounts.take(plan)
            if wanted.wants:
                alternatives.remember(wanted.owner, FORMER_RECORD)
        answer = bring_about(wanted, write=write)
        done = plan.taken + answer.done
        if write:
            done += alternatives.keep() if wanted.wants else alternatives.give_back()
            # Packages may have brought what is given.
            plan = accounts.plan_of(wish)
            accounts.give(plan)
        return Answer(done + plan.given, answer.diff)

    run_alone(module, "packages", work)


if __name__ == "__main__":
    main()

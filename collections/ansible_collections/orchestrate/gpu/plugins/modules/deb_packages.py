#!/usr/bin/python
"""Have the packages that a role wants, on one record for all roles."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: deb_packages
short_description: Install packages for a role, and take away what came with them
version_added: 0.1.0
description:
  - Has the packages installed that a role wants. What the role wanted before and wants no more is purged, with all that came along,
    as far as nothing else needs it and no other role asks for it. What is new is installed before what is old goes.
  - What comes is on record in C(/var/lib/misc/orchestrate-packages.json) before apt begins, so a run that was killed is gone on with.
  - A package that was there before the role is never removed. What somebody else holds is not changed.
  - Package lists are fetched where something is to be installed and the lists are older than a day or do not have it. An installation
    that was cut short is finished first, and apt's locks are waited for.
author: The orchestrate maintainers (@orchestrate)
options:
  owner:
    description: The role that wants them.
    type: str
    required: true
  packages:
    description: What it wants, each as C(name) or C(name=version), where C(*) in the version stands for anything.
    type: list
    elements: str
    default: []
  optional:
    description: What it wants besides where the sources have it. No reason to install by itself.
    type: list
    elements: str
    default: []
  hold:
    description: Patterns for the names of those that are held, of all that the role asked for or brought.
    type: list
    elements: str
    default: []
  source:
    description: The file of apt's sources that has most of them. Its lists are fetched before an installation, and refused
      unless they are signed as they shall be.
    type: path
  conflicts:
    description: Paths that the packages or the role take over. What is there that neither a package nor a role made is refused.
    type: list
    elements: path
    default: []
  debconf:
    description: Answers to the packages' questions, as C(debconf-set-selections) takes them.
    type: list
    elements: str
    default: []
  former_record:
    description: The file in which an earlier release of the role recorded what it brought. Taken over into the one record.
    type: path
  hint:
    description: What to do where the sources do not have what is wanted, for the message.
    type: str
    default: want others
  keep:
    description: Whether what comes stays for good, also where the role wants it no more.
    type: bool
    default: false
  update_cache:
    description: Whether lists that are older than apt's sources are fetched also where nothing is to be installed. A source that
      does not answer is an error then.
    type: bool
    default: false
  state:
    description: V(absent) purges what the role brought.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Can run in check mode. apt simulates what it has on its lists.
    support: full
  diff_mode:
    description: Shows the packages before and after, with versions and holds.
    support: full
"""

EXAMPLES = r"""
- name: Install a compiler, and leave it at its version
  orchestrate.gpu.deb_packages:
    owner: build
    packages: [g++, cuda-nvcc-12-9=12.9.86-*]
    hold: [cuda-*]

- name: Purge what came with it
  orchestrate.gpu.deb_packages:
    owner: build
    state: absent
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [installed g++, held cuda-nvcc-12-9]
removed:
  description: Names of the packages that were purged, or in check mode would be.
  returned: success
  type: list
  elements: str
kept:
  description: Names of packages that the role brought and that stay, because something else needs them.
  returned: with O(state=absent)
  type: list
  elements: str
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import Wish, wants_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.state import bring_about
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone

NAMES = {"type": "list", "elements": "str", "default": []}
ARGUMENTS = {
    "owner": {"type": "str", "required": True},
    "packages": NAMES,
    "optional": NAMES,
    "hold": NAMES,
    "source": {"type": "path"},
    "conflicts": {"type": "list", "elements": "path", "default": []},
    "debconf": NAMES,
    "former_record": {"type": "path"},
    "hint": {"type": "str", "default": "want others"},
    "keep": {"type": "bool", "default": False},
    "update_cache": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    wish = Wish(
        given["owner"],
        wants_of(given["packages"], given["optional"]) if given["state"] == "present" else (),
        hold=tuple(given["hold"]),
        source=given["source"] or "",
        debconf=tuple(given["debconf"]),
        conflicts=tuple(map(Path, given["conflicts"])),
        former_record=Path(given["former_record"]) if given["former_record"] else None,
        hint=given["hint"],
        keep=given["keep"],
        update_cache=given["update_cache"],
    )
    run_alone(module, "packages", lambda write: bring_about(wish, write=write))


if __name__ == "__main__":
    main()

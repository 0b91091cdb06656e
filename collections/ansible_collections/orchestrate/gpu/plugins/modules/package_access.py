#!/usr/bin/python
"""Have a host reach its package servers."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: package_access
short_description: Configure package sources, the proxy and trusted certificate authorities
version_added: 0.1.0
description:
  - Writes files that stand in for others, such as the sources of mirrors for those of the distribution. The others step aside as
    C(*.OWNER.disabled), and come back when the content is empty. A file is removed only where C(Ansible managed) is in it with the owner.
  - Has lines between two markers in C(/etc/environment), and certificate authorities in the host's bundle, all in one run.
author: The orchestrate maintainers (@orchestrate)
options:
  owner: {description: The role that wants it., type: str, required: true}
  files:
    description: Files of apt, pip and the like.
    type: list
    elements: dict
    default: []
    suboptions:
      path: {description: Where it is., type: path, required: true}
      content: {description: "What is in it, with C(Ansible managed) and the role. Empty where it is not wanted.", type: str, default: ""}
      replaces:
        description: The files that step aside for it. One of the same path that the role did not write may be among them.
        type: list
        elements: path
        default: []
      where: {description: A path without which the file is not wanted., type: path}
  environment: {description: "Lines of C(/etc/environment), which every login reads.", type: str, default: ""}
  certificates:
    description: Certificate authorities, PEM by name. Others that the role brought are trusted no more.
    type: dict
    default: {}
attributes:
  check_mode: {description: Can run in check mode and say what would be done., support: full}
  diff_mode: {description: Shows the files before and after., support: full}
"""

EXAMPLES = r"""
- name: Use a mirror
  orchestrate.gpu.package_access:
    owner: base
    files:
      - path: /etc/apt/sources.list.d/mirror.sources
        content: "{{ lookup('ansible.builtin.template', 'mirror.sources.j2') }}"
        replaces: [/etc/apt/sources.list, /etc/apt/sources.list.d/debian.sources]
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [wrote /etc/apt/sources.list.d/mirror.sources]
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.package_access import (
    Wish,
    bring_about,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.replacement import Replacement
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone

FILE = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "default": ""},
    "replaces": {"type": "list", "elements": "path", "default": []},
    "where": {"type": "path"},
}
ARGUMENTS = {
    "owner": {"type": "str", "required": True},
    "files": {"type": "list", "elements": "dict", "options": FILE, "default": []},
    "environment": {"type": "str", "default": ""},
    "certificates": {"type": "dict", "default": {}},
}


class Quiet(AnsibleModule):  # type: ignore[misc]  # ansible-core carries no types
    """An address may hold a password: its parameters do not go into the host's journal."""

    def _log_invocation(self) -> None:
        self.log(f"Invoked for role {self.params['owner']}")


def main() -> None:
    """Run the module."""
    module = Quiet(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    replacements = tuple(
        Replacement(
            Path(each["path"]),
            each["content"],
            tuple(map(Path, each["replaces"])),
            Path(each["where"]) if each["where"] else None,
        )
        for each in given["files"]
    )
    wish = Wish(given["owner"], replacements, given["environment"], given["certificates"])
    run_alone(module, "packages", lambda write: bring_about(wish, write=write))


if __name__ == "__main__":
    main()

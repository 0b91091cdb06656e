#!/usr/bin/python
"""Have files, folders and links on a host."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: files
short_description: Have a list of files, folders and links on a host
version_added: 0.1.0
description:
  - Brings about a whole list in one run of a module, where C(copy), C(template) and C(file) take one or two for each item.
  - A file is written beside its place and moved there, so that it is never half of what it shall be.
  - What is as it shall be is not touched.
author: The orchestrate maintainers (@orchestrate)
options:
  files:
    description: The paths, in the order in which they are brought about.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Where it is.
        type: path
        required: true
      state:
        description:
          - What shall be there.
          - V(absent) removes a folder with all that is in it, V(absent_if_empty) only an empty one.
        type: str
        choices: [file, directory, link, absent, absent_if_empty]
        default: file
      content:
        description: What is in the file. Often C(lookup('ansible.builtin.template')).
        type: str
      target:
        description: Where the link leads.
        type: str
      mode:
        description: Of a file, C("0644") where none is given, or of a folder, C("0755").
        type: str
      owner:
        description: Name of the account that it belongs to.
        type: str
        default: root
      group:
        description: Name of its group.
        type: str
        default: root
      hidden:
        description: Shows nothing of its content, for secrets.
        type: bool
        default: false
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Shows the content of files before and after.
    support: full
"""

EXAMPLES = r"""
- name: Write the program and its settings
  orchestrate.gpu.files:
    files:
      - path: /usr/local/lib/tool
        state: directory
      - path: /usr/local/lib/tool/tool.py
        content: "{{ lookup('ansible.builtin.file', 'tool.py', rstrip=false) }}"
        mode: "0755"
      - path: /etc/tool.conf
        content: "{{ lookup('ansible.builtin.template', 'tool.conf.j2') }}"
      - path: /usr/local/bin/tool
        state: link
        target: /usr/local/lib/tool/tool.py
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line for each path.
  returned: success
  type: list
  elements: str
  sample: [wrote /etc/tool.conf]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state.files import (
    bring_about,
    wishes_of,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run

STATES = ["file", "directory", "link", "absent", "absent_if_empty"]
FILE = {
    "path": {"type": "path", "required": True},
    "state": {"type": "str", "choices": STATES, "default": "file"},
    "content": {"type": "str"},
    "target": {"type": "str"},
    "mode": {"type": "str"},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
    "hidden": {"type": "bool", "default": False},
}
ARGUMENTS = {"files": {"type": "list", "elements": "dict", "options": FILE, "required": True}}


class Quiet(AnsibleModule):  # type: ignore[misc]  # ansible-core carries no types
    """Its parameters are whole files, some of them secret: they do not go into the host's journal."""

    def _log_invocation(self) -> None:
        self.log(f"Invoked with {len(self.params['files'])} paths")


def main() -> None:
    """Run the module."""
    module = Quiet(argument_spec=ARGUMENTS, supports_check_mode=True)

    def work(write: bool) -> Answer:  # noqa: FBT001  run calls it
        changes = bring_about(wishes_of(module.params["files"]), write=write)
        return Answer([change.said for change in changes], [change.diff() for change in changes])

    run(module, work)


if __name__ == "__main__":
    main()

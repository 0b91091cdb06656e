#!/usr/bin/python
"""Have units of systemd on a host."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: systemd_units
short_description: Have a list of systemd units on a host, with their files
version_added: 0.1.0
description:
  - Writes the units' files, has systemd read them once, and enables, starts, restarts and stops in the order given, all in one run.
  - A unit that runs is restarted when its file changed, or when systemd has not read it as it is, which is what a run leaves that
    was killed in between. What else decides a restart, such as the digest of a program, belongs into the file as a comment.
author: The orchestrate maintainers (@orchestrate)
options:
  units:
    description: The units, in the order in which they are started and stopped.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Of the unit, with its suffix.
        type: str
        required: true
      content:
        description: What is in its file in C(/etc/systemd/system). Not given where a package has brought it.
        type: str
      enabled:
        description: Whether it starts at boot. Not given, that is left as it is.
        type: bool
      state:
        description:
          - Whether it runs. What systemd does not know counts as V(stopped).
          - V(present) leaves that as it is, for what a timer or a socket starts.
          - V(absent) stops it, takes it out of the boot and removes its file.
        type: str
        choices: [started, stopped, present, absent]
        default: started
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Shows the files of units before and after, and the calls of systemctl.
    support: full
"""

EXAMPLES = r"""
- name: Have the service running, now and at every boot
  orchestrate.gpu.systemd_units:
    units:
      - name: tool.service
        content: "{{ lookup('ansible.builtin.template', 'tool.service.j2') }}"
        enabled: true
      - name: tool-of-last-year.service
        state: absent
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [wrote /etc/systemd/system/tool.service, systemctl daemon-reload, systemctl start tool.service]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state.units import (
    bring_about,
    wishes_of,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run

UNIT = {
    "name": {"type": "str", "required": True},
    "content": {"type": "str"},
    "enabled": {"type": "bool"},
    "state": {"type": "str", "choices": ["started", "stopped", "present", "absent"], "default": "started"},
}
ARGUMENTS = {"units": {"type": "list", "elements": "dict", "options": UNIT, "required": True}}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run(module, lambda write: bring_about(wishes_of(module.params["units"]), write=write))


if __name__ == "__main__":
    main()

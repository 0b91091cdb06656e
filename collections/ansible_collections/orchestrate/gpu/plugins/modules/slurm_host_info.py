#!/usr/bin/python
"""Look at what a host of a cluster is."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: slurm_host_info
short_description: What a host of a Slurm cluster is
version_added: 0.1.0
description:
  - Says which Slurm the host has or would get, who may log in, and what only somebody else's cluster can have there.
  - With O(hardware), also what Slurm is told of it, as its own daemon and NVIDIA's library see it, and whether jobs can be confined by
    control groups, which is tried and taken back.
  - Changes nothing.
author: The orchestrate maintainers (@orchestrate)
options:
  hardware:
    description: Whether to look at processors, memory, cards and control groups. Needs the packages and the program of role C(gpuhost).
    type: bool
    default: false
  more:
    description: What is known of the host besides. It is in the answer.
    type: dict
    default: {}
  layouts:
    description: Cards that are shared or cut up, by UUID or number, as role C(slurm) takes them.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Can run in check mode, where it does the same.
    support: full
  diff_mode:
    description: Has nothing to show.
    support: none
"""

EXAMPLES = r"""
- name: Look at the host
  orchestrate.gpu.slurm_host_info:
    hardware: true
  register: host
"""

RETURN = r"""
host:
  description:
    - Keys C(version) (of the installed Slurm, or empty), C(offered), C(foreign) (paths) and C(users) (ids by name).
    - With O(hardware), instead C(version), C(cpus), C(sockets), C(cores), C(threads), C(memory_mb), C(gpus), C(gpus_why), C(autodetect) and
      C(confinement), and what O(more) has.
  returned: always
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run
from ansible_collections.orchestrate.gpu.plugins.module_utils.slurm import host

ARGUMENTS = {
    "hardware": {"type": "bool", "default": False},
    "more": {"type": "dict", "default": {}},
    "layouts": {"type": "dict", "default": {}},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params

    def work(_write: bool) -> Answer:  # noqa: FBT001  run calls it
        found = host.hardware(given["layouts"]) if given["hardware"] else host.look()
        return Answer(more={"host": {**found, **given["more"]}})

    run(module, work)


if __name__ == "__main__":
    main()

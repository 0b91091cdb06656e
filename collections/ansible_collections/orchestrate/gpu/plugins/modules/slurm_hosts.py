#!/usr/bin/python
"""Have the hosts of a cluster."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: slurm_hosts
short_description: Have the hosts of a Slurm cluster, on the controller's record
version_added: 0.1.0
description:
  - Merges what hosts say of themselves into the controller's record of the cluster. A host that a run leaves out stays as it was.
  - A host that is to leave gets no more jobs, and is refused while jobs run there.
author: The orchestrate maintainers (@orchestrate)
options:
  members:
    description: Names of the hosts that are in the cluster, in order; with O(state=absent), of those that leave it.
    type: list
    elements: str
    required: true
  hosts:
    description: What M(orchestrate.gpu.slurm_host_info) said of those that the run is about, each with its C(name).
    type: list
    elements: dict
    default: []
  evict:
    description: Whether a host may leave although jobs run there. They are requeued.
    type: bool
    default: false
  reread:
    description: With O(state=arrived), whether all daemons are to read their settings anew.
    type: bool
    default: false
  state:
    description:
      - V(present) writes the record, V(arrived) waits for the members to be there, and takes those back that had left.
      - V(absent) has the members get no more jobs; the record stays as it is. Run on any host of the cluster.
    type: str
    choices: [present, arrived, absent]
    default: present
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Shows what was done.
    support: full
"""

EXAMPLES = r"""
- name: Merge the hosts
  orchestrate.gpu.slurm_hosts:
    members: [gpu-1, gpu-2]
    hosts: "{{ told }}"
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [wrote /etc/orchestrate/slurm-hosts.json]
hosts:
  description: All members of which something is known.
  returned: with O(state=present)
  type: list
  elements: dict
unknown:
  description: Names of the others.
  returned: with O(state=present)
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run_alone
from ansible_collections.orchestrate.gpu.plugins.module_utils.slurm import members

ARGUMENTS = {
    "members": {"type": "list", "elements": "str", "required": True},
    "hosts": {"type": "list", "elements": "dict", "default": []},
    "evict": {"type": "bool", "default": False},
    "reread": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "arrived", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params

    def work(write: bool) -> Answer:  # noqa: FBT001  run calls it
        if given["state"] == "arrived":
            return members.arrive(given["members"], reread=given["reread"], write_it=write)
        if given["state"] == "present":
            return members.bring_about(given["hosts"], given["members"], evict=given["evict"], write_it=write)
        answer = Answer(write=write)
        for name in given["members"]:
            members.leave(name, evict=given["evict"], answer=answer)
        return answer

    run_alone(module, "slurm", work)


if __name__ == "__main__":
    main()

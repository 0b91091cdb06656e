#!/usr/bin/python
"""Say who may use a cluster, and how much of it."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: slurm_accounts
short_description: Have accounts and limits in Slurm's accounting
version_added: 0.1.0
description:
  - Lets users have jobs, with equal shares, and limits what one may have at once, in one run of a module.
  - Waits until the controller has registered with the accounting. Removes nobody, as their history is theirs.
author: The orchestrate maintainers (@orchestrate)
options:
  cluster:
    description: Its name.
    type: str
    required: true
  users:
    description: Names of the accounts that may have jobs.
    type: list
    elements: str
    required: true
  max_gpus_per_user:
    description: GPUs that one may have at once; 0 for any number.
    type: int
    default: 0
  max_jobs_per_user:
    description: Jobs that one may have running at once; 0 for any number.
    type: int
    default: 0
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Shows what was done.
    support: full
"""

EXAMPLES = r"""
- name: Let two people have jobs
  orchestrate.gpu.slurm_accounts:
    cluster: lab
    users: [ann, bob]
    max_gpus_per_user: 4
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: ["let ann, bob have jobs"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone
from ansible_collections.orchestrate.gpu.plugins.module_utils.slurm.accounts import Wish, bring_about

ARGUMENTS = {
    "cluster": {"type": "str", "required": True},
    "users": {"type": "list", "elements": "str", "required": True},
    "max_gpus_per_user": {"type": "int", "default": 0},
    "max_jobs_per_user": {"type": "int", "default": 0},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    wish = Wish(
        cluster=given["cluster"],
        users=tuple(given["users"]),
        gpus=given["max_gpus_per_user"],
        jobs=given["max_jobs_per_user"],
    )
    run_alone(module, "slurm", lambda write: bring_about(wish, write=write))


if __name__ == "__main__":
    main()

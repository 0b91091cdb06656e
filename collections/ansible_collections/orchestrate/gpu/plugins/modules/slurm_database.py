#!/usr/bin/python
"""Have the database of a cluster's accounting."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: slurm_database
short_description: Have the database of Slurm's accounting in the host's MariaDB
version_added: 0.1.0
description:
  - Makes the database that slurmdbd fills, and lets the account C(slurm) of the host in by its socket. There is no password.
  - The database carries a mark. One without it is never changed.
author: The orchestrate maintainers (@orchestrate)
options:
  keep:
    description: With O(state=absent), whether the database stays nonetheless.
    type: bool
    default: false
  state:
    description: V(absent) removes the database and the account, as far as this module made them.
    type: str
    choices: [present, absent]
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
- name: Have the database
  orchestrate.gpu.slurm_database:
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [made the database slurm_acct_db]
others:
  description: Whether MariaDB has databases besides.
  returned: with O(state=absent)
  type: bool
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone
from ansible_collections.orchestrate.gpu.plugins.module_utils.slurm.database import absent, present

ARGUMENTS = {
    "keep": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    if module.params["state"] == "present":
        run_alone(module, "slurm", lambda write: present(write=write))
    else:
        run_alone(module, "slurm", lambda write: absent(keep=module.params["keep"], write=write))


if __name__ == "__main__":
    main()

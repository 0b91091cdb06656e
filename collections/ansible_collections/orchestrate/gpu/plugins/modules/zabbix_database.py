#!/usr/bin/python
"""Have the database of a Zabbix server."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: zabbix_database
short_description: Have the database of a Zabbix server in the host's PostgreSQL
version_added: 0.1.0
description:
  - Makes PostgreSQL's account C(zabbix) and a database, and fills it from what package C(zabbix-server-pgsql) brings, in one transaction.
  - The password of Zabbix's user Admin is in that transaction. The one that Zabbix comes with is never in force.
  - What it makes carries a mark in PostgreSQL. A database without it is never changed.
author: The orchestrate maintainers (@orchestrate)
options:
  database:
    description: Its name.
    type: str
    required: true
  password_file:
    description: The file with Admin's password, which is read once, when the database is filled.
    type: path
    required: true
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
  orchestrate.gpu.zabbix_database:
    database: zabbix
    password_file: /etc/orchestrate/zabbix/admin-password
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [made the database zabbix, filled the database zabbix]
others:
  description: Whether PostgreSQL has databases besides.
  returned: with O(state=absent)
  type: bool
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone
from ansible_collections.orchestrate.gpu.plugins.module_utils.zabbix.database import Place, absent, present

ARGUMENTS = {
    "database": {"type": "str", "required": True},
    "password_file": {"type": "path", "required": True, "no_log": False},
    "keep": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    place = Place(module.params["database"], Path(module.params["password_file"]))
    if module.params["state"] == "present":
        run_alone(module, "zabbix", lambda write: present(place, write=write))
    else:
        run_alone(module, "zabbix", lambda write: absent(place, keep=module.params["keep"], write=write))


if __name__ == "__main__":
    main()

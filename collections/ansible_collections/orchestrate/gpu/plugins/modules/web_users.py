#!/usr/bin/python
"""Have users who may log in at NGINX."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: web_users
short_description: Have the users who may log in at NGINX
version_added: 0.1.0
description:
  - Writes the file of hashes that NGINX reads, for exactly the users that are listed.
  - A user without a hash gets a password in C(~/.config/orchestrate/web-password), which only that user reads. Another one that
    the user writes there counts from the next run on.
author: The orchestrate maintainers (@orchestrate)
options:
  users:
    description: Accounts of the host. Empty to remove all that this module wrote.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Of the account.
        type: str
        required: true
      password_hash:
        description: As C(openssl passwd -6) prints it. There is no file with a password then.
        type: str
  folder:
    description: Where NGINX reads C(users), and C(login.conf), which says which browsers have logged in.
    type: path
    default: /etc/nginx/orchestrate
attributes:
  check_mode:
    description: Can run in check mode and say what would be done. An account that is not there yet counts as one that will be.
    support: full
  diff_mode:
    description: Shows the users before and after, and no password and no hash.
    support: full
"""

EXAMPLES = r"""
- name: Let two users in
  orchestrate.gpu.web_users:
    users:
      - name: ada
      - name: grace
        password_hash: "{{ grace_password_hash }}"
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [made the password of ada, wrote /etc/nginx/orchestrate/users]
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run
from ansible_collections.orchestrate.gpu.plugins.module_utils.web_server.users import Place, bring_about

USER = {"name": {"type": "str", "required": True}, "password_hash": {"type": "str", "no_log": True}}
ARGUMENTS = {
    "users": {"type": "list", "elements": "dict", "options": USER, "required": True},
    "folder": {"type": "path", "default": "/etc/nginx/orchestrate"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    wanted = {each["name"]: each["password_hash"] or "" for each in module.params["users"]}
    place = Place(Path(module.params["folder"]))
    run(module, lambda write: bring_about(wanted, place, write=write))


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Have snippets of configuration that NGINX reads."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: nginx_snippets
short_description: Have snippets of configuration in the folder that role nginx includes
version_added: 0.1.0
description:
  - Writes or removes snippets, has NGINX check the whole configuration, and has it read what it has not read yet.
  - Where NGINX refuses the configuration, what was there before comes back, and the module fails with NGINX's reason.
  - Does nothing where there is no such folder, because then no NGINX reads it.
author: The orchestrate maintainers (@orchestrate)
options:
  folder:
    description: The folder that NGINX includes.
    type: path
    default: /etc/nginx/orchestrate.d
  snippets:
    description: The snippets.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Of the file in the folder.
        type: str
        required: true
      content:
        description: What is in it.
        type: str
      state:
        description: Whether it is there.
        type: str
        choices: [present, absent]
        default: present
attributes:
  check_mode:
    description: Can run in check mode and say what would be done. NGINX checks nothing then.
    support: full
  diff_mode:
    description: Shows the snippets before and after.
    support: full
"""

EXAMPLES = r"""
- name: Show the page through NGINX
  orchestrate.gpu.nginx_snippets:
    snippets:
      - name: page.conf
        content: "{{ lookup('ansible.builtin.template', 'page.conf.j2') }}"
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [wrote /etc/nginx/orchestrate.d/page.conf, systemctl try-reload-or-restart nginx.service]
served:
  description: Whether there is a folder that an NGINX reads.
  returned: success
  type: bool
  sample: true
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import nginx
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run

SNIPPET = {"name": {"type": "str", "required": True}, **nginx.FILE}
ARGUMENTS = {
    "folder": {"type": "path", "default": "/etc/nginx/orchestrate.d"},
    "snippets": {"type": "list", "elements": "dict", "options": SNIPPET, "required": True},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    folder = Path(module.params["folder"])
    wishes = [nginx.wish(folder / each["name"], each) for each in module.params["snippets"]]
    run(module, lambda write: nginx.bring_about(folder, wishes, write=write))


if __name__ == "__main__":
    main()

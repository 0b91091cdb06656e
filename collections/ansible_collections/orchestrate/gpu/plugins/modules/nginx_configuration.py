#!/usr/bin/python
"""Have a configuration that NGINX takes."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: nginx_configuration
short_description: Have files of NGINX's configuration, or take back those that it refuses
version_added: 0.1.0
description:
  - Writes, removes and moves files of the configuration, has NGINX check the whole, and has it read what it has not read yet.
  - Where NGINX refuses the configuration, what was there before comes back, and the module fails with NGINX's reason. So it does
    where nothing was changed and what somebody else wrote is refused.
author: The orchestrate maintainers (@orchestrate)
options:
  files:
    description: The files.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Where it is. Its folder is there.
        type: path
        required: true
      content:
        description: What is in it.
        type: str
      state:
        description: Whether it is there.
        type: str
        choices: [present, absent]
        default: present
  moves:
    description: Files that are moved where they are there, such as a site that is disabled.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Where it is.
        type: path
        required: true
      target:
        description: Where it shall be.
        type: path
        required: true
  read:
    description: What else NGINX reads at its start, files and folders. It reloads where one is newer than that.
    type: list
    elements: path
    default: []
attributes:
  check_mode:
    description: Can run in check mode and say what would be done. NGINX checks nothing then.
    support: full
  diff_mode:
    description: Shows the files before and after.
    support: full
"""

EXAMPLES = r"""
- name: Configure a site instead of the default one
  orchestrate.gpu.nginx_configuration:
    files:
      - path: /etc/nginx/conf.d/site.conf
        content: "{{ lookup('ansible.builtin.template', 'site.conf.j2') }}"
    moves:
      - {path: /etc/nginx/sites-enabled/default, target: /etc/nginx/default-site}
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [wrote /etc/nginx/conf.d/site.conf, systemctl try-reload-or-restart nginx.service]
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import nginx
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run

PATH = {"type": "path", "required": True}
ARGUMENTS = {
    "files": {"type": "list", "elements": "dict", "options": {"path": PATH, **nginx.FILE}, "required": True},
    "moves": {"type": "list", "elements": "dict", "options": {"path": PATH, "target": PATH}, "default": []},
    "read": {"type": "list", "elements": "path", "default": []},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    wishes = [nginx.wish(Path(each["path"]), each) for each in given["files"]]
    moves = [(Path(each["path"]), Path(each["target"])) for each in given["moves"]]
    wanted = nginx.Configuration(wishes, moves, [Path(each) for each in given["read"]])
    run(module, lambda write: nginx.apply(wanted, write=write))


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Have secrets that a host makes for itself."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: secret_files
short_description: Have secrets that a host makes for itself, each in a file
version_added: 0.1.0
description:
  - Makes 256 random bits, as 64 hexadecimal digits, in each file that is not there or is empty. What is in a file stays, whoever wrote it.
  - No secret leaves the host, and none is an argument of a program.
author: The orchestrate maintainers (@orchestrate)
options:
  files:
    description: The files. Their folders are there.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Where it is.
        type: path
        required: true
      owner:
        description: Name of the account that it belongs to.
        type: str
        default: root
      group:
        description: Name of its group.
        type: str
        default: root
      mode:
        description: Of the file.
        type: str
        default: "0600"
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Shows what was done, and no secret.
    support: full
"""

EXAMPLES = r"""
- name: Have a key
  orchestrate.gpu.secret_files:
    files:
      - {path: /etc/tool/key, group: tool, mode: "0640"}
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [made a secret in /etc/tool/key]
fingerprints:
  description: By path, the first 16 digits of the secret's SHA-256, which tell another one from this and do not lead to it.
  returned: success
  type: dict
  sample: {/etc/tool/key: 9f86d081884c7d65}
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.secret_files import Wish, bring_about
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run

FILE = {
    "path": {"type": "path", "required": True},
    "owner": {"type": "str", "default": "root"},
    "group": {"type": "str", "default": "root"},
    "mode": {"type": "str", "default": "0600"},
}
ARGUMENTS = {"files": {"type": "list", "elements": "dict", "options": FILE, "required": True}}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    wishes = [
        Wish(Path(each["path"]), each["owner"], each["group"], int(each["mode"], 8))
        for each in module.params["files"]
    ]
    run(module, lambda write: bring_about(wishes, write=write))


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Have one CUDA toolkit be the default of a host."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: cuda_toolkit
short_description: Have C(/usr/local/cuda) lead to a toolkit, and files about it
version_added: 0.1.0
description:
  - Has the alternative C(cuda) lead to an installed toolkit, writes files, and renews the loader's cache where it does not know yet
    what is there. Installs nothing.
  - A file of one of these names that the role did not write is refused, and never removed.
author: The orchestrate maintainers (@orchestrate)
options:
  path:
    description: The folder of the default toolkit. Left out where it has none.
    type: path
  priority:
    description: Of the alternative, where no package has registered it.
    type: int
    default: 0
  files:
    description: The files, each with what it is to hold, or nothing where it is not to be there.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Where it is.
        type: path
        required: true
      content:
        description: What is in it.
        type: str
        default: ""
  drivers:
    description: For each version of CUDA the driver from which its programs start. One that is loaded and older is warned of.
    type: dict
    default: {}
  state:
    description: V(absent) removes the files, and the alternative where what it leads to is gone.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Shows where C(/usr/local/cuda) leads, and the files before and after.
    support: full
"""

EXAMPLES = r"""
- name: Make CUDA 12.9 the default
  orchestrate.gpu.cuda_toolkit:
    path: /usr/local/cuda-12.9
    priority: 129
    files:
      - path: /etc/ld.so.conf.d/cuda.conf
        content: "# Ansible managed: role cuda\n/usr/local/cuda/lib64\n"
    drivers: {"12.9": 525.60.13}
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [led /usr/local/cuda to /usr/local/cuda-12.9]
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils import cuda_toolkit
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.hardware import loaded_driver
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone

FILE = {"path": {"type": "path", "required": True}, "content": {"type": "str", "default": ""}}
ARGUMENTS = {
    "path": {"type": "path"},
    "priority": {"type": "int", "default": 0},
    "files": {"type": "list", "elements": "dict", "options": FILE, "default": []},
    "drivers": {"type": "dict", "default": {}},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    present = module.params["state"] == "present"
    texts = {each["path"]: each["content"] if present else "" for each in module.params["files"]}
    target = (module.params["path"] or "") if present else ""

    if present:
        for warning in cuda_toolkit.warnings(module.params["drivers"], loaded_driver()):
            module.warn(warning)
    priority = module.params["priority"]
    run_alone(module, "cuda", lambda write: cuda_toolkit.bring_about(target, priority, texts, write=write))


if __name__ == "__main__":
    main()

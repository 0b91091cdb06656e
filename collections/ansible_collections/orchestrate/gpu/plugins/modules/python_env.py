#!/usr/bin/python
"""Build Python environments on a host."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: python_env
short_description: Build Python environments for all users of a host
version_added: 0.1.0
description:
  - Builds virtual environments of the system's Python, or conda environments, and has pip install wheels into them.
  - An environment is finished by its record, written last. What was cut short is built anew, and what was there before comes back
    when the new one fails. A folder that this module did not make is never touched.
  - Where a wheel of TensorFlow does not look for NVIDIA's libraries in the folders that pip puts them into, links are added.
author: The orchestrate maintainers (@orchestrate)
options:
  root:
    description: The folder that all environments lie in. Asked for by O(state=absent) alone.
    type: path
  environments:
    description: The environments, each as it shall be.
    type: list
    elements: dict
    default: []
    suboptions:
      folder:
        description: Of the environment.
        type: path
        required: true
      builder:
        description: V(auto) is conda where the module M(orchestrate.gpu.miniforge) installed it, else a virtual environment.
        type: str
        choices: [auto, conda, venv]
        default: auto
      python:
        description: The wanted version, for example V(3.12). Empty for the system's. Only conda can have another.
        type: str
        default: ''
      conda:
        description: The folder of conda.
        type: path
        default: /opt/conda
      accelerator:
        description: Which build the requirements C(tensorflow), C(jax) and C(torch) stand for.
        type: str
        choices: [cpu, gpu]
        default: cpu
      requirements:
        description: What pip is asked for.
        type: list
        elements: str
        required: true
      constraints:
        description: The text of a constraints file of pip's.
        type: str
        default: ''
      pip_arguments:
        description: Further arguments of pip's. Everybody on the host can read them in the process list.
        type: list
        elements: str
        default: []
  state:
    description: V(absent) removes every environment below O(root) that this module made.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Can run in check mode and say what would be built. pip is not asked then.
    support: full
  diff_mode:
    description: Says which environments were built, or would be, and why, a line each.
    support: full
"""

EXAMPLES = r"""
- name: Have TensorFlow with its own CUDA
  orchestrate.gpu.python_env:
    environments:
      - folder: /opt/ml/envs/default
        accelerator: gpu
        requirements: [tensorflow, keras]
        constraints: "{{ lookup('ansible.builtin.file', 'constraints.txt') }}"

- name: Remove all environments
  orchestrate.gpu.python_env:
    root: /opt/ml/envs
    state: absent
"""

RETURN = r"""
done:
  description: What was built or removed, or in check mode would be, and why, a line for each environment.
  returned: success
  type: list
  elements: str
  sample: ["default: there was none"]
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

import platform
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env import state
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run_alone

ENVIRONMENT = {
    "folder": {"type": "path", "required": True},
    "builder": {"type": "str", "choices": ["auto", "conda", "venv"], "default": "auto"},
    "python": {"type": "str", "default": ""},
    "conda": {"type": "path", "default": "/opt/conda"},
    "accelerator": {"type": "str", "choices": ["cpu", "gpu"], "default": "cpu"},
    "requirements": {"type": "list", "elements": "str", "required": True},
    "constraints": {"type": "str", "default": ""},
    "pip_arguments": {"type": "list", "elements": "str", "default": []},
}
ARGUMENTS = {
    "root": {"type": "path"},
    "environments": {"type": "list", "elements": "dict", "options": ENVIRONMENT, "default": []},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS, supports_check_mode=True, required_if=[("state", "absent", ("root",))]
    )

    def work(write: bool) -> Answer:  # noqa: FBT001  run_alone calls it
        if module.params["state"] == "absent":
            return Answer(state.absent(Path(module.params["root"]), write=write))
        wishes = [state.wish_of(each, platform.machine()) for each in module.params["environments"]]
        return Answer(state.present(wishes, write=write))

    run_alone(module, "ml_env", work)


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Have Jupyter in an environment of its own."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: jupyter
short_description: Have Jupyter, and show a host's Python environments in it
version_added: 0.1.0
description:
  - Builds a virtual environment for JupyterLab, TensorBoard or JupyterHub.
  - Shows each environment below O(environments_root) as a kernel, without touching it. One that has ipykernel and is registered
    with Jupyter is left alone; any other gets a kernel that starts with ipykernel from a folder beside Jupyter's.
author: The orchestrate maintainers (@orchestrate)
options:
  root:
    description: The folder of Jupyter's own environment and of the kernels.
    type: path
    required: true
  requirements:
    description: What pip is asked for in Jupyter's environment.
    type: list
    elements: str
    required: true
  constraints:
    description: The text of a constraints file of pip's, which pins ipykernel too.
    type: str
    required: true
  environments_root:
    description: The folder of the environments that are shown.
    type: path
    required: true
  environment:
    description: The name of the environment that notebooks open with.
    type: str
    required: true
  registered_kernels:
    description: The folder of kernels that others registered with Jupyter.
    type: path
    default: /usr/local/share/jupyter/kernels
  launcher:
    description: The program on the host that starts a kernel with ipykernel from another folder.
    type: path
    required: true
  packages:
    description: The file on the host in which packages of the distribution are on record that were installed for this.
    type: path
    required: true
  state:
    description: V(absent) removes what was made, and the packages of the distribution that came for it.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Can run in check mode and say what would be built. pip is not asked then.
    support: full
  diff_mode:
    description: Says what was built, or would be, and why, a line each.
    support: full
"""

EXAMPLES = r"""
- name: Have JupyterLab
  orchestrate.gpu.jupyter:
    root: /opt/ml/notebooks
    requirements: [jupyterlab]
    constraints: "{{ lookup('ansible.builtin.file', 'constraints.txt') }}"
    environments_root: /opt/ml/envs
    environment: default
    launcher: /usr/local/lib/orchestrate-notebooks/launch_kernel.py
    packages: /var/lib/orchestrate/notebooks/packages.json
"""

RETURN = r"""
done:
  description: What was built or removed, or in check mode would be, and why, a line each.
  returned: success
  type: list
  elements: str
  sample: ["Jupyter: there was none", kernel default]
kernel:
  description: The name of the kernel that notebooks open with.
  returned: success
  type: str
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.jupyter import state
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone

ARGUMENTS = {
    "root": {"type": "path", "required": True},
    "requirements": {"type": "list", "elements": "str", "required": True},
    "constraints": {"type": "str", "required": True},
    "environments_root": {"type": "path", "required": True},
    "environment": {"type": "str", "required": True},
    "registered_kernels": {"type": "path", "default": "/usr/local/share/jupyter/kernels"},
    "launcher": {"type": "path", "required": True},
    "packages": {"type": "path", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)

    def work(write: bool) -> tuple[list[str], dict[str, Any]]:  # noqa: FBT001  run_alone calls it
        wish = state.wish_of(module.params)
        if module.params["state"] == "absent":
            return state.absent(wish, write=write), {"kernel": ""}
        done = state.present(wish, write=write)
        return done, {"kernel": state.default_kernel(wish, forgiving=not write)}

    run_alone(module, "notebooks", work)


if __name__ == "__main__":
    main()

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
    description: What pip is asked for in Jupyter's environment. Needed unless O(state=absent), as the next three are.
    type: list
    elements: str
  constraints:
    description: The text of a constraints file of pip's, which pins ipykernel too.
    type: str
  oldest_python:
    description: The oldest Python that the pins of ipykernel have builds for. An environment with an older one is not shown.
    type: str
    default: "3.11"
  environments_root:
    description: The folder of the environments that are shown.
    type: path
  environment:
    description: The name of the environment that notebooks open with.
    type: str
  registered_kernels:
    description: The folder of kernels that others registered with Jupyter.
    type: path
    default: /usr/local/share/jupyter/kernels
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
build:
  description: Another text whenever Jupyter's environment was built anew. What runs of the former one has to be restarted.
  returned: success
  type: str
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.jupyter import state
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run_alone

ARGUMENTS = {
    "root": {"type": "path", "required": True},
    "requirements": {"type": "list", "elements": "str"},
    "constraints": {"type": "str"},
    "oldest_python": {"type": "str", "default": "3.11"},
    "environments_root": {"type": "path"},
    "environment": {"type": "str"},
    "registered_kernels": {"type": "path", "default": "/usr/local/share/jupyter/kernels"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    needed = [("state", "present", ("requirements", "constraints", "environments_root", "environment"))]
    module = AnsibleModule(argument_spec=ARGUMENTS, required_if=needed, supports_check_mode=True)
    given = module.params

    def work(write: bool) -> Answer:  # noqa: FBT001  run_alone calls it
        if given["state"] == "absent":
            done = state.absent(Path(given["root"]), write=write)
            return Answer(done, more={"kernel": "", "build": ""})
        wish = state.wish_of(given)
        done = state.present(wish, write=write)
        kernel = state.default_kernel(wish, forgiving=not write)
        return Answer(done, more={"kernel": kernel, "build": state.build(wish)})

    run_alone(module, "packages", work)


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Have Miniforge for all users of a host."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: miniforge
short_description: Have Miniforge for all users, and environments in it
version_added: 0.1.0
description:
  - Installs a release of Miniforge by its checksum, writes its configuration, and builds environments.
  - An environment, and Miniforge itself, is finished by its record, written last. What was cut short is built anew, and what was
    there before comes back when the new one fails.
  - Environments that people made outlive another release of Miniforge and O(state=absent).
author: The orchestrate maintainers (@orchestrate)
options:
  prefix:
    description: The folder of Miniforge.
    type: path
    required: true
  installer_url:
    description: The installer, by http, https or file, without a password.
    type: str
    required: true
  installer_checksum:
    description: Its digest, as V(sha256:) and 64 hexadecimal digits.
    type: str
    required: true
  condarc:
    description: The text of the configuration that counts for everybody.
    type: str
    default: ''
  shell_file:
    description: The file that login shells read. It makes C(conda activate) work.
    type: path
    required: true
  program_link:
    description: The link to C(conda) that is on everybody's PATH.
    type: path
    required: true
  environments:
    description: The environments. One that is not named stays as it is.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Of the environment, and of its folder.
        type: str
        required: true
      state:
        description: V(absent) removes it, if it was made by this module.
        type: str
        choices: [present, absent]
        default: present
      packages:
        description: Specifications as C(conda create) takes them.
        type: list
        elements: str
        default: []
      channels:
        description: Channels before those of O(condarc).
        type: list
        elements: str
        default: []
      pip:
        description: Requirements that pip installs afterwards.
        type: list
        elements: str
        default: []
      variables:
        description: Environment variables that are set while the environment is active.
        type: dict
        default: {}
  state:
    description: V(absent) removes Miniforge and every environment that was made by this module.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Can run in check mode and say what would be done. Packages are not solved then.
    support: full
  diff_mode:
    description: Says what was done, or would be, and why, a line each.
    support: full
"""

EXAMPLES = r"""
- name: Have Miniforge with one environment
  orchestrate.gpu.miniforge:
    prefix: /opt/conda
    installer_url: https://mirror.example/Miniforge3-26.3.2-3-Linux-x86_64.sh
    installer_checksum: sha256:848194851a98903134187fbb4ab50efe87b003e0c0f808f97644b7524a62bf2c
    condarc: |
      channels: [conda-forge]
    shell_file: /etc/profile.d/conda-for-all.sh
    program_link: /usr/local/bin/conda
    environments:
      - name: statistics
        packages: [python=3.12, scipy]
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, and why, a line each.
  returned: success
  type: list
  elements: str
  sample: ["installed /opt/conda: there was none", wrote /opt/conda/.condarc]
installs:
  description: Whether Miniforge itself was installed, or would be.
  returned: success
  type: bool
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.miniforge import state
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run_alone

TEXTS = {"type": "list", "elements": "str", "default": []}
STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}
ENVIRONMENT = {
    "name": {"type": "str", "required": True},
    "state": STATE,
    "packages": TEXTS,
    "channels": TEXTS,
    "pip": TEXTS,
    "variables": {"type": "dict", "default": {}},
}
ARGUMENTS = {
    "prefix": {"type": "path", "required": True},
    "installer_url": {"type": "str", "required": True},
    "installer_checksum": {"type": "str", "required": True},
    "condarc": {"type": "str", "default": ""},
    "shell_file": {"type": "path", "required": True},
    "program_link": {"type": "path", "required": True},
    "environments": {"type": "list", "elements": "dict", "options": ENVIRONMENT, "default": []},
    "state": STATE,
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    change = state.present if module.params["state"] == "present" else state.absent

    def work(write: bool) -> Answer:  # noqa: FBT001  run_alone calls it
        done = change(state.wish_of(module.params), write=write)
        return Answer(done, more={"installs": state.installs(done)})

    run_alone(module, "conda", work)


if __name__ == "__main__":
    main()

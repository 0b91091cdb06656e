#!/usr/bin/python
"""Have a flat apt repository, trusted by one key."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: apt_source
short_description: Have a flat apt repository that one role wants, trusted by one key
version_added: 0.1.0
description:
  - Writes the repository's source and its signing key, and fetches its index. A key with another fingerprint, or an index that does not
    verify, is refused, and nothing of it stays.
  - The key is kept in C(/usr/share/keyrings/NAME-keyring.gpg), and trusted for this source alone. A keyring that was there before with this
    key is used, and stays with V(absent), as does one that another source names.
  - For NVIDIA's repository of drivers and CUDA, which several roles share, use M(orchestrate.gpu.nvidia_repository).
author: The orchestrate maintainers (@orchestrate)
options:
  owner: {description: The role that wants it., type: str, required: true}
  name: {description: "Of its file in C(/etc/apt/sources.list.d), without a suffix.", type: str, required: true}
  url: {description: "Its address, with a slash at the end.", type: str, required: true}
  key_url: {description: "Where its key is fetched, ASCII or binary.", type: str, required: true}
  fingerprint: {description: "Of the only key that may sign it, 40 hexadecimal digits in capitals.", type: str, required: true}
  state:
    description: Whether it is there.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Can run in check mode. Nothing is fetched then.
    support: full
  diff_mode:
    description: Shows the source before and after; of the keyring, the fingerprints.
    support: full
"""

EXAMPLES = r"""
- name: Configure the apt repository
  orchestrate.gpu.apt_source:
    owner: container_toolkit
    name: nvidia-container-toolkit
    url: https://nvidia.github.io/libnvidia-container/stable/deb/amd64/
    key_url: https://nvidia.github.io/libnvidia-container/gpgkey
    fingerprint: C95B321B61E88C1809C4F759DDCAE044F796ECB0
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [wrote /etc/apt/sources.list.d/nvidia-container-toolkit.sources]
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_repository.state import Repository
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.signed_source import (
    Source,
    bring_about,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone

ARGUMENTS = {
    "owner": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "url": {"type": "str", "required": True},
    "key_url": {"type": "str", "required": True, "no_log": False},
    "fingerprint": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    repository = Repository(given["name"], given["url"], given["key_url"], given["fingerprint"])
    source, present = Source(given["owner"], repository), given["state"] == "present"
    run_alone(module, "packages", lambda write: bring_about(source, present=present, write=write))


if __name__ == "__main__":
    main()

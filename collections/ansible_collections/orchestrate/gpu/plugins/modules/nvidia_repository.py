#!/usr/bin/python
"""Have the apt sources that NVIDIA's packages come from."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: nvidia_repository
short_description: Have NVIDIA's apt repository, trusted by one key, and the archive's components that its packages need
version_added: 0.1.0
description:
  - Writes the repository's source, its signing key and its pin, where NVIDIA's package C(cuda-keyring) has them, and fetches its index.
    A key with another fingerprint, or an index that does not verify, is refused, and nothing of it stays.
  - Adds components of the distribution's archive in a file beside the sources that are there. These are not edited.
  - Several roles share the files. Who wants what is on record in C(/var/lib/misc/package-sources.json); what nobody wants any more goes.
author: The orchestrate maintainers (@orchestrate)
options:
  owner:
    description: The role that wants them.
    type: str
    required: true
  components:
    description: Components of the distribution's archive, C(contrib) for example. Without them the archive is left alone.
    type: list
    elements: str
    default: []
  codename:
    description: The distribution's release, as its archive names it.
    type: str
    required: true
  repository:
    description: NVIDIA's repository. Without it there is none.
    type: dict
    suboptions:
      name:
        description: Of its file in C(/etc/apt/sources.list.d), without a suffix.
        type: str
        required: true
      url:
        description: Its address, with a slash at the end.
        type: str
        required: true
      key_url:
        description: Where its key is fetched, ASCII or binary.
        type: str
        required: true
      fingerprint:
        description: Of the only key that may sign it, 40 hexadecimal digits in capitals.
        type: str
        required: true
attributes:
  check_mode:
    description: Can run in check mode. Nothing is fetched then.
    support: full
  diff_mode:
    description: Shows the files before and after; of the keyring, the fingerprints.
    support: full
"""

EXAMPLES = r"""
- name: Configure NVIDIA's apt repository
  orchestrate.gpu.nvidia_repository:
    owner: cuda
    codename: bookworm
    repository:
      name: cuda-debian12
      url: https://developer.download.nvidia.com/compute/cuda/repos/debian12/x86_64/
      key_url: https://developer.download.nvidia.com/compute/cuda/repos/debian12/x86_64/3bf863cc.pub
      fingerprint: EB693B3035CD5710E231E123A4B469963BF863CC

- name: Remove it, unless another role wants it
  orchestrate.gpu.nvidia_repository:
    owner: cuda
    codename: bookworm
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [wrote /etc/apt/sources.list.d/cuda-debian12.sources]
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_repository.state import (
    bring_about,
    wish_of,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone

REPOSITORY = {
    "name": {"type": "str", "required": True},
    "url": {"type": "str", "required": True},
    "key_url": {"type": "str", "required": True, "no_log": False},
    "fingerprint": {"type": "str", "required": True},
}
ARGUMENTS = {
    "owner": {"type": "str", "required": True},
    "components": {"type": "list", "elements": "str", "default": []},
    "codename": {"type": "str", "required": True},
    "repository": {"type": "dict", "options": REPOSITORY},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    owner, codename, wish = module.params["owner"], module.params["codename"], wish_of(module.params)
    run_alone(module, "packages", lambda write: bring_about(owner, wish, codename=codename, write=write))


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Have one NVIDIA driver on a host."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: nvidia_driver
short_description: Have one NVIDIA driver, built for the kernel that will boot
version_added: 0.1.0
description:
  - Installs the packages of one branch and purges those of another in one transaction, has modules for the kernel that will boot,
    prebuilt ones where the distribution has them, holds the packages, enables the driver's services, and loads the driver where
    nothing stands in the way.
  - Uninstalls first what NVIDIA's C(.run) installer left.
  - What came with the driver is on record before it is installed. Restarts no host, and touches no configuration of X.
author: The orchestrate maintainers (@orchestrate)
options:
  branch:
    description: Of the driver, V(580) for example.
    type: str
    default: ""
  packages:
    description: The driver's packages, the first one of the driver's version.
    type: list
    elements: str
    default: []
  prebuilt:
    description:
      - Packages of kernel modules that the distribution builds and signs, one for each flavour of the kernel, that of the running
        kernel first. Installed where apt has the first, with those of the others that it has; their kernels are held with them.
    type: list
    elements: str
    default: []
  dkms:
    description: What compiles the modules where there are no prebuilt ones for the kernel that runs. O(packages) does without these two.
    type: list
    elements: str
    default: []
  signed_only:
    description: Whether modules that are compiled here will not do, because Secure Boot is on and no key is to be enrolled.
    type: bool
    default: false
  newest_branch:
    description:
      - The newest branch that every card works with. Where the distribution's packages of O(branch) lead to another, that is
        followed up to this one.
    type: str
    default: ""
  desktop:
    description: What X needs besides. Installed with O(x11), and where an X server is.
    type: list
    elements: str
    default: []
  fabric_manager:
    description: What NVSwitches need besides, of exactly the driver's version.
    type: list
    elements: str
    default: []
  x11:
    description: Whether X may use the cards.
    type: bool
    default: false
  container:
    description: Whether the host is a container, which boots no kernel and loads no driver.
    type: bool
    default: false
  secure_boot:
    description: Whether Secure Boot is on.
    type: bool
    default: false
  mok_key:
    description: The public key that DKMS signs modules with.
    type: path
    default: /var/lib/dkms/mok.pub
  pattern:
    description: A regular expression for the names of packages that belong to a driver, of whatever branch and source.
    type: str
    required: true
  files:
    description: The files of the driver's settings.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: Where it is.
        type: path
        required: true
      content:
        description: What it holds. Without content it is not to be there.
        type: str
        default: ""
      early:
        description: Whether the first steps of a boot read it, from the initramfs.
        type: bool
        default: false
  state:
    description: V(absent) purges what came with the driver, and removes the files. Kernels stay on a host that boots them.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Can run in check mode. apt simulates what it has on its lists.
    support: full
  diff_mode:
    description: Shows packages and files before and after.
    support: full
"""

EXAMPLES = r"""
- name: Install Debian's own driver
  orchestrate.gpu.nvidia_driver:
    branch: "535"
    packages: [nvidia-kernel-dkms, libcuda1, nvidia-smi, nvidia-persistenced]
    pattern: ^(nvidia-(?!container|settings)|libnvidia-(?!container)|libcuda1)

- name: Install Ubuntu's, with modules that Canonical signed for kernels on AWS
  orchestrate.gpu.nvidia_driver:
    branch: "580"
    packages: [nvidia-headless-no-dkms-580-server-open, nvidia-utils-580-server, nvidia-compute-utils-580-server]
    prebuilt: [linux-modules-nvidia-580-server-open-aws]
    dkms: [nvidia-dkms-580-server-open]
    pattern: ^(nvidia-(?!container|settings)|libnvidia-(?!container)|linux-modules-nvidia)
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [installed nvidia-smi, held 12 packages, loaded the driver]
restart:
  description: Whether only a restart of the host brings the driver into use.
  returned: success
  type: bool
says:
  description: What there is to say of the driver's state. Empty where all is well.
  returned: success
  type: str
output:
  description: The whole output of the program that failed.
  returned: failure
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.state import bring_about, wish_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone

FILE = {
    "path": {"type": "path", "required": True},
    "content": {"type": "str", "default": ""},
    "early": {"type": "bool", "default": False},
}
NAMES = {"type": "list", "elements": "str", "default": []}
ARGUMENTS = {
    "branch": {"type": "str", "default": ""},
    "packages": NAMES,
    "prebuilt": NAMES,
    "dkms": NAMES,
    "signed_only": {"type": "bool", "default": False},
    "newest_branch": {"type": "str", "default": ""},
    "desktop": NAMES,
    "fabric_manager": NAMES,
    "x11": {"type": "bool", "default": False},
    "container": {"type": "bool", "default": False},
    "secure_boot": {"type": "bool", "default": False},
    "mok_key": {"type": "path", "default": "/var/lib/dkms/mok.pub"},
    "pattern": {"type": "str", "required": True},
    "files": {"type": "list", "elements": "dict", "options": FILE, "default": []},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    wish = wish_of(module.params)
    run_alone(module, "packages", lambda write: bring_about(wish, write=write))


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Look at a host's NVIDIA hardware."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: nvidia_hardware_info
short_description: Look at a host's NVIDIA hardware, and choose the driver for it
version_added: 0.1.0
description:
  - Reads the PCI bus, so no program of NVIDIA's has to be there.
  - With O(wishes), an action plugin on the controller chooses the driver that suits every card. The tables stay on the controller.
author: The orchestrate maintainers (@orchestrate)
options:
  wishes:
    description:
      - What is wanted of the driver and what the catalog knows. See C(__nvidia_driver_wishes) in role P(orchestrate.gpu.nvidia_driver#role).
      - What cannot work is refused with the facts that contradict each other.
    type: dict
attributes:
  check_mode:
    description: Changes nothing.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
"""

EXAMPLES = r"""
- name: Look at the hardware
  orchestrate.gpu.nvidia_hardware_info:
  register: hardware
"""

RETURN = r"""
cards:
  description: The graphics cards, each with its C(address) on the bus and its C(device_id).
  returned: success
  type: list
  elements: dict
  sample: [{address: "0000:00:1e.0", device_id: 1eb8}]
nvswitches:
  description: How many NVSwitches are on the bus.
  returned: success
  type: int
secure_boot:
  description: Whether Secure Boot is on.
  returned: success
  type: bool
loaded:
  description: Version of the driver that the kernel has loaded. Empty for none.
  returned: success
  type: str
kernel_flavours:
  description: Flavours of the kernel that the host boots, by their metapackages, that of the running kernel first.
  returned: success
  type: list
  elements: str
  sample: [generic-hwe-24.04]
driver:
  description: The driver that was chosen, with C(branch), C(flavour), C(source) and packages. Null where none is wanted.
  returned: with O(wishes)
  type: dict
choice:
  description: The choice in words.
  returned: with O(wishes)
  type: str
  sample: "2 x Tesla T4: driver 580 with open kernel modules, from NVIDIA's repository."
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.hardware import gather


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec={"wishes": {"type": "dict"}}, supports_check_mode=True)
    module.exit_json(changed=False, **gather())


if __name__ == "__main__":
    main()

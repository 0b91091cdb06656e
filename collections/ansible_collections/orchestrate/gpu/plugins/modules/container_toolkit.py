#!/usr/bin/python
"""Have container engines give containers NVIDIA's cards."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: container_toolkit
short_description: Have container engines give containers NVIDIA's cards by the Container Device Interface
version_added: 0.1.0
description:
  - Has Docker read specifications of the Container Device Interface (CDI), from 25 on by its feature C(cdi), before that by NVIDIA's runtime
    in its mode C(cdi). Podman does so by itself, from 4.1 on. What is not there is not installed.
  - Keys are merged into C(/etc/docker/daemon.json) and C(/etc/nvidia-container-runtime/config.toml); all else in them stays as it is. What
    was there before is on record in C(/var/lib/misc/container-toolkit.json), and comes back with V(absent).
  - Restarts Docker where it has not read its settings and no container would end for it.
  - Has NVIDIA's service write the specification where there is none, where it lacks a card, or where it is of another driver than the one
    that is loaded.
author: The orchestrate maintainers (@orchestrate)
options:
  docker_restart:
    description:
      - When Docker is restarted to read its settings.
      - V(idle) is while no container runs, or where Docker's C(live-restore) has them go on.
    type: str
    choices: [idle, always, never]
    default: idle
  without_driver:
    description: Whether a host without a driver is meant to be so. Nothing is said of it then.
    type: bool
    default: false
  state:
    description: V(absent) takes back what was set. Where the toolkit is gone, what it wrote goes, too.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Shows the files before and after.
    support: full
"""

EXAMPLES = r"""
- name: Have the engines that are there give containers the cards
  orchestrate.gpu.container_toolkit:
    docker_restart: idle
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [wrote /etc/docker/daemon.json, systemctl restart docker.service]
says:
  description: What is left to do, and for whom.
  returned: success
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.container_toolkit.state import Wish, bring_about
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run_alone

ARGUMENTS = {
    "docker_restart": {"type": "str", "choices": ["idle", "always", "never"], "default": "idle"},
    "without_driver": {"type": "bool", "default": False},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    given = module.params
    wish = Wish(
        present=given["state"] == "present", restart=given["docker_restart"], forced=given["without_driver"]
    )
    run_alone(module, "container_toolkit", lambda write: bring_about(wish, write=write))


if __name__ == "__main__":
    main()

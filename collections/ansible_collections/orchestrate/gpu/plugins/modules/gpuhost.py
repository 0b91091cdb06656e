#!/usr/bin/python
"""Have the one program of a host there."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: gpuhost
short_description: Have the program that looks after a host and its GPUs
version_added: 0.1.0
description:
  - Installs C(gpuhost), one file of Python that needs nothing but the host's own, as C(/usr/local/lib/orchestrate/gpuhost).
  - The controller's C(pynvml) (nvidia-ml-py) travels in it, where there is one.
  - It is packed on the controller from the sources in this collection, and sent only where it is not there as it shall be.
  - It is replaced in one step. A unit that runs it names its digest, RV(sha256), in its file, and is restarted when that changes.
author: The orchestrate maintainers (@orchestrate)
options:
  state:
    description:
      - Whether it is there.
      - V(absent) leaves it to the units in C(/etc/systemd/system) that run it, and takes it away when there are none.
    type: str
    choices: [present, absent]
    default: present
  on_path:
    description: Whether it is the command C(gpuhost) in C(/usr/local/bin), too.
    type: bool
    default: true
  released_by:
    description: Units that do not count as running it. In check mode, those that would have been removed before.
    type: list
    elements: str
    default: []
  sha256:
    description: Of the program. Given by this collection's action plugin, as O(src).
    type: str
  src:
    description: Where on the host the program was sent to.
    type: path
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Shows digests before and after.
    support: full
"""

EXAMPLES = r"""
- name: Install the program
  orchestrate.gpu.gpuhost:
  register: program

- name: Have a service that runs it
  orchestrate.gpu.systemd_units:
    units:
      - name: tool.service
        content: |
          # {{ program.sha256 }}
          [Service]
          ExecStart=/usr/local/lib/orchestrate/gpuhost lifetime watch

- name: Remove the program when nothing else runs it
  orchestrate.gpu.gpuhost:
    state: absent
    released_by: [tool.service]
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line for each path.
  returned: success
  type: list
  elements: str
  sample: [wrote /usr/local/lib/orchestrate/gpuhost]
state:
  description: The state that was asked for.
  returned: success
  type: str
  sample: present
sha256:
  description: Of the program, in hexadecimal.
  returned: when it is present
  type: str
  sample: d1b2a59fbea7e20077af9f91b27e95e865061b270be03ff539ab3b73587882e8
pynvml:
  description: Whether the program has C(pynvml) with it, by which it asks NVIDIA's driver; not where the controller has no C(nvidia-ml-py).
  returned: when it is present
  type: bool
  sample: true
used_by:
  description: The units that keep it from being removed.
  returned: when it is absent
  type: list
  elements: str
  sample: [orchestrate-lifetime.service]
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import program
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state.files import Change
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, run

ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "on_path": {"type": "bool", "default": True},
    "released_by": {"type": "list", "elements": "str", "default": []},
    "sha256": {"type": "str"},
    "src": {"type": "path"},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=ARGUMENTS, supports_check_mode=True, required_if=[("state", "present", ["sha256"])]
    )
    change = _present if module.params["state"] == "present" else _absent
    run(module, lambda write: change(module.params, write=write))


def _present(given: dict[str, Any], *, write: bool) -> Answer:
    """The answer; `missing` where the action plugin has to send the program, and nothing was done."""
    places, sha256 = program.Places(), given["sha256"]
    if write and given["src"] is None and program.differs(places.program, sha256):
        return Answer(more={"missing": True})
    source = Path(given["src"]) if given["src"] else None
    changes = program.install(places, sha256, source, write=write)
    changes += program.link(places, there=given["on_path"], write=write)
    return _answer(changes, {"state": "present", "sha256": sha256})


def _absent(given: dict[str, Any], *, write: bool) -> Answer:
    places = program.Places()
    used_by = program.users(places, given["released_by"])
    changes = [] if used_by else program.remove(places, write=write)
    return _answer(changes, {"state": "absent", "used_by": used_by})


def _answer(changes: list[Change], more: dict[str, Any]) -> Answer:
    return Answer([change.said for change in changes], [change.diff() for change in changes], more)


if __name__ == "__main__":
    main()

#!/usr/bin/python
"""Have a folder of configuration that its programs take."""

# Copyright: the orchestrate maintainers
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

DOCUMENTATION = r"""
---
module: checked_files
short_description: Have a folder of configuration, tried by its programs before it is put in place
version_added: 0.1.0
description:
  - Writes the files of a folder into a copy beside it and has programs check them there. Where one refuses them, nothing is changed, and
    the module fails with its reason.
  - Puts them in place then, removes what else is in the folder, and has services that run read what they have not read yet.
author: The orchestrate maintainers (@orchestrate)
options:
  folder:
    description: The folder. The one above it is there.
    type: path
    required: true
  files:
    description: All that is in it.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Of the file below the folder. Folders between come with it.
        type: str
        required: true
      content:
        description: What is in it.
        type: str
      secret:
        description: What is in it instead, where that is not to be shown or logged.
        type: str
  group:
    description: Name of the group that may read all of it. It belongs to C(root), and others may not.
    type: str
    default: root
  checks:
    description: Programs with their arguments, run as root in the copy, so that they name files as the folder has them.
    type: list
    elements: list
    default: []
  units:
    description: Services that read it again when they are reloaded. One that does not run is left alone.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in check mode and say what would be done. Nothing is checked then.
    support: full
  diff_mode:
    description: Shows the files before and after.
    support: full
"""

EXAMPLES = r"""
- name: Configure Prometheus
  orchestrate.gpu.checked_files:
    folder: /etc/orchestrate/prometheus
    group: prometheus
    files:
      - name: prometheus.yml
        content: "{{ lookup('ansible.builtin.template', 'prometheus.yml.j2') }}"
    checks:
      - [promtool, check, config, prometheus.yml]
    units: [prometheus.service]
"""

RETURN = r"""
done:
  description: What was done, or in check mode would be done, a line each.
  returned: success
  type: list
  elements: str
  sample: [wrote /etc/orchestrate/prometheus/prometheus.yml, systemctl try-reload-or-restart prometheus.service]
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import checked, files
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import run

FILE = {
    "name": {"type": "str", "required": True},
    "content": {"type": "str"},
    "secret": {"type": "str", "no_log": True},
}
EITHER = ("content", "secret")
ARGUMENTS = {
    "folder": {"type": "path", "required": True},
    "files": {
        "type": "list",
        "elements": "dict",
        "options": FILE,
        "required": True,
        "required_one_of": [EITHER],
        "mutually_exclusive": [EITHER],
    },
    "group": {"type": "str", "default": "root"},
    "checks": {"type": "list", "elements": "list", "default": []},
    "units": {"type": "list", "elements": "str", "default": []},
}


class Quiet(AnsibleModule):  # type: ignore[misc]  # ansible-core carries no types
    """Its parameters are whole files, some of them secret: they do not go into the host's journal."""

    def _log_invocation(self) -> None:
        self.log(f"Invoked for {self.params['folder']}")


def main() -> None:
    """Run the module."""
    module = Quiet(argument_spec=ARGUMENTS, supports_check_mode=True)
    wanted = _wanted(module.params)
    run(module, lambda write: checked.apply(wanted, write=write))


def _wanted(given: dict[str, Any]) -> checked.Configuration:
    folder, group = Path(given["folder"]), given["group"]
    paths = {folder / each["name"]: each for each in given["files"]}
    between = {above for path in paths for above in path.parents if folder in (above, *above.parents)}
    wishes = [files.Wish(path, "directory", mode=0o750, group=group) for path in sorted(between)]
    for path, each in paths.items():
        told, secret = each["content"], each["secret"] or ""
        content = secret if told is None else told
        wishes.append(files.Wish(path, "file", content, mode=0o640, group=group, shown=told is not None))
    return checked.Configuration(
        folder, wishes, [list(map(str, each)) for each in given["checks"]], given["units"]
    )


if __name__ == "__main__":
    main()

"""Roles' own variables whose values are templates' files or take plugins of the collection. Reads no host."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tests.unit.roles.role_variables import ROLES

RENDER = """
import json, sys
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader([])
from tests.unit.roles.role_variables import ROLES, role_variable
for role, name, given, facts in json.loads(sys.argv[1]):
    print(json.dumps(role_variable(role, name, {"ansible_search_path": [str(ROLES / role)], **given}, facts)))
"""
"""In a process of its own: Ansible's plugins come with a finder of collections, which takes the place of Python's own."""

Wanted = tuple[str, str, Mapping[str, object], Mapping[str, object]]
"""The role, the variable, what is set, and the host's facts."""


def rendered_variables(wanted: Sequence[Wanted]) -> list[Any]:
    """The value of each."""
    argv = (sys.executable, "-c", RENDER, json.dumps(wanted))
    done = subprocess.run(argv, cwd=ROLES.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]

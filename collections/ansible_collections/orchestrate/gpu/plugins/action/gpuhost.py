"""Pack the program of hosts on the controller, and send it to those where the module does not find it. Decides nothing else."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.orchestrate.gpu.plugins.plugin_utils.zipapp import build_zipapp

COLLECTION = Path(__file__).parents[2]
PATTERNS = ("gpuhost/**/*.py", "gpuhost/**/*.css")
PYNVML = "pynvml"
"""NVIDIA's one module that asks the driver, from nvidia-ml-py. What the program does besides telemetry needs none."""


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core carries no types
    """One run of the module where nothing changes, two where the program has to be sent."""

    def run(self, tmp: None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module, with the program's digest."""
        super().run(tmp, task_vars)
        given = dict(self._task.args)
        if given.get("state", "present") != "present":
            return self._answer(given, task_vars)
        program = packed()
        given["sha256"] = hashlib.sha256(program).hexdigest()
        answer = self._answer(given, task_vars)
        if not answer.pop("missing", False):
            return {**answer, PYNVML: find_spec(PYNVML) is not None}
        folder = self._make_tmp_path()
        path = self._connection._shell.join_path(folder, "gpuhost")  # noqa: SLF001  as ansible-core's own
        self._transfer_data(path, program)
        self._fixup_perms2((folder, path))
        answer = self._answer({**given, "src": path}, task_vars)
        return {**answer, PYNVML: find_spec(PYNVML) is not None}

    def _answer(self, given: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        return dict(self._execute_module(module_args=given, task_vars=task_vars))


def packed() -> bytes:
    """The program as one file. Raises AnsibleActionFail where the collection has not come whole."""
    if not (COLLECTION / "gpuhost" / "__main__.py").is_file():
        raise AnsibleActionFail(
            f"there is no program in {COLLECTION / 'gpuhost'}\n"
            "  try: check the project out with symbolic links, or install the collection that tools/collection builds"
        )
    return build_zipapp(COLLECTION, *PATTERNS, main="gpuhost.__main__", libraries=(PYNVML,))

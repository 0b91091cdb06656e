"""How a module ends that shows files before and after, and refuses what would lock somebody out. Changes nothing itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.orchestrate.gpu.plugins.module_utils import running
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError, _locked


class RefusedError(HostError):
    """Something stands against what is wanted. The text says what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "")
        self._text = text

    def __str__(self) -> str:
        return self._text


@dataclass
class Answer:
    """What was done, or in check mode would be."""

    done: list[str] = field(default_factory=list)
    """A line each."""
    diff: list[dict[str, str]] = field(default_factory=list)
    """Files before and after."""
    more: dict[str, Any] = field(default_factory=dict)
    """Further return values."""


def run_alone(module: AnsibleModule, lock: str, work: Callable[[bool], Answer]) -> None:
    """Do the work while no other run does, and end the module with its answer. In check mode, nothing is written."""
    os.umask(0o022)
    try:
        with _locked(running.LOCKS / f"{lock}.lock", running.LOCK_TIMEOUT_S):
            answer = work(not module.check_mode)
    except (HostError, OSError) as error:
        output = error.output if isinstance(error, HostError) else ""
        module.fail_json(msg=str(error), output=output.splitlines())
    else:
        module.exit_json(changed=bool(answer.done), done=answer.done, diff=answer.diff, **answer.more)

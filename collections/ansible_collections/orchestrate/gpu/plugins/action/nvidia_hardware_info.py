"""Look at a host's NVIDIA hardware, and choose its driver here, where the catalog is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.choice import catalog
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.choice.choice import (
    choose,
    in_words,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

MODULE = "orchestrate.gpu.nvidia_hardware_info"


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core carries no types
    """Runs the module of the same name, without the wishes."""

    _supports_check_mode = True

    def run(self, tmp: None = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The module's answer, and the choice where there are wishes."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        result.update(self._execute_module(module_name=MODULE, module_args={}, task_vars=task_vars))
        given = self._task.args.get("wishes")
        return result if result.get("failed") or not given else {**result, **chosen(result, given)}


def chosen(seen: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The driver, and the choice in words; or a failure with the cause where none can be chosen."""
    wish = catalog.wish_of(given)
    there = catalog.seen_of(seen, wish.names)
    try:
        driver = choose(there, wish)
    except HostError as error:
        return {"failed": True, "msg": str(error)}
    return {"driver": driver and json.loads(json.dumps(asdict(driver))), "choice": in_words(there, driver)}

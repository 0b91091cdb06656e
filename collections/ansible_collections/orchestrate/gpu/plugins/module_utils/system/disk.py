"""Whether a disk has the space that something needs. Frees none."""

from __future__ import annotations

import shutil
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError


def assert_space(disk: Path, needed_mib: int, what: str, hint: str) -> None:
    """Raises HostError where the disk of this folder has less than that free."""
    free = shutil.disk_usage(disk).free // 2**20
    if free < needed_mib:
        raise HostError(
            f"{what} needs {needed_mib} MiB and its disk has {free} MiB free", f"make space, or {hint}"
        )

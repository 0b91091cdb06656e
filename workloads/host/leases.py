"""What the host says of leases of its GPUs, where role gpu_leases gives some: whether the kernel keeps jobs to their own. Reads only."""

import json
from pathlib import Path

FILE = Path("/run/orchestrate-leases/leases.json")
ENFORCED = "control group"


def notes(file: Path = FILE) -> tuple[str, ...]:
    """What a person should know; nothing where devices are enforced, where there are none, and where no leases are given."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        found = told["enforcement"]
        if not told["devices"] or found["level"] == ENFORCED:
            return ()
        return (f"a lease is not enforced by control groups ({found['level']}): {found['why']}",)
    except (OSError, ValueError, KeyError, TypeError):
        return ()

"""Whether this host's kernel lets Slurm confine jobs by control groups. Really tried, and taken back; never concluded from versions."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

TRIAL = "orchestrate-slurm-trial"
NEEDED_1 = ("cpuacct", "cpuset", "devices", "freezer", "memory")
NEEDED_2 = ("cpuset", "memory")
LOG = (1, 11)
"""Number of the kernel's log: root may open it, and a unit that may open nothing may not."""


def tried(root: Path = Path("/sys/fs/cgroup"), *, devices: bool = True) -> dict[str, Any]:
    """`usable`, `version`, `devices` and `swap`, and `why` not."""
    second = (root / "cgroup.controllers").exists()
    why = _second(root) if second else _first(root)
    if why:
        return {"usable": False, "version": 2 if second else 1, "devices": False, "swap": False, "why": why}
    return {
        "usable": True,
        "version": 2 if second else 1,
        "devices": not second or (devices and _refuses_devices()),
        "swap": second or (root / "memory/memory.memsw.limit_in_bytes").exists(),
        "why": "",
    }


def _second(root: Path) -> str:
    there = (root / "cgroup.controllers").read_text(encoding="utf-8").split()
    missing = [name for name in NEEDED_2 if name not in there]
    if missing:
        return f"the kernel gives this host no control over {' and '.join(missing)}"
    return _made([root])


def _first(root: Path) -> str:
    missing = [name for name in NEEDED_1 if not (root / name).is_dir()]
    if missing:
        return f"no control groups for {' and '.join(missing)} are mounted in {root}"
    return _made(root / name for name in NEEDED_1)


def _made(folders: Iterable[Path]) -> str:
    """Why a control group cannot be made in one of them; empty where it can."""
    for folder in folders:
        try:
            (folder / TRIAL).mkdir()
        except FileExistsError:
            pass
        except OSError as error:
            return f"no control group can be made in {folder} ({error.strerror})"
        with suppress(OSError):
            (folder / TRIAL).rmdir()
    return ""


def _refuses_devices() -> bool:
    """Whether a unit that may open nothing is refused a device that root may open."""
    node = Path("/dev") / f".{TRIAL}"
    opened = ("dd", f"if={node}", "of=/dev/null", "count=0", "status=none", "iflag=nonblock")
    closed = ("systemd-run", "--quiet", "--collect", "--wait", "--property=DevicePolicy=closed", *opened)
    try:
        os.mknod(node, stat.S_IFCHR | 0o600, os.makedev(*LOG))
        return run(opened).returncode == 0 and run(closed).returncode != 0
    except OSError:
        return False
    finally:
        node.unlink(missing_ok=True)

"""The specification of NVIDIA's devices that engines read (CDI): whether it is of the driver and the cards that are there."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

FILES = (Path("/run/cdi/nvidia.yaml"), Path("/etc/cdi/nvidia.yaml"))
"""Where NVIDIA's service writes it, and where people do. Engines prefer the first."""
SERVICE = "nvidia-cdi-refresh.service"
"""Writes it anew. Of NVIDIA's package, from 1.18 on, which has it started at boot, when a driver or the toolkit is installed, and when
cards come or go."""
PATH = "nvidia-cdi-refresh.path"
NODES, LOADED = Path("/dev"), Path("/sys/module/nvidia/version")

_LIBRARY = re.compile(r"libcuda\.so\.(\d+\.[\d.]*\d)")


def fault() -> str:
    """What is wrong with it on this host; empty where nothing is."""
    text = next((text for text in map(text_of, FILES) if text), "")
    nodes = [path.name for path in NODES.glob("nvidia[0-9]*")]
    return fault_of(text, nodes, text_of(LOADED).strip())


def fault_of(text: str, nodes: Sequence[str], driver: str) -> str:
    """What is wrong with a specification. Pure.

    Args:
        text: of the file.
        nodes: of the cards, `nvidia0`.
        driver: the version of the one that is loaded; empty for none.
    """
    if not text:
        return "there is no CDI specification"
    missing = [name for name in sorted(nodes) if not re.search(rf"/dev/{name}\b", text)]
    if missing:
        return f"the CDI specification lacks {', '.join(missing)}"
    of: Collection[str] = set(_LIBRARY.findall(text))
    if driver and of and driver not in of:
        return f"the CDI specification is of driver {', '.join(sorted(of))}, and {driver} is loaded"
    return ""


def refresh() -> str:
    """Have it written anew; return what still is wrong, with what the service said."""
    ended = run(("systemctl", "restart", SERVICE))
    left = fault()
    if not left:
        return ""
    said = run(("journalctl", f"--unit={SERVICE}", "--lines=1", "--output=cat", "--no-pager")).stdout.strip()
    return f"{left}: {SERVICE} {'failed' if ended.returncode else 'wrote none'}{f' ({said})' if said else ''}"


def has_cards() -> bool:
    """Whether a driver has made nodes of cards."""
    return any(NODES.glob("nvidia[0-9]*"))

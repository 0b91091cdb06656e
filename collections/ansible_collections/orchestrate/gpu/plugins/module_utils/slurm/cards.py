"""A host's cards as Slurm's generic resources: what it is told in slurm.conf and gres.conf. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

OK, NO_CARD = "ok", "no card"
"""States that `gpuhost gpus --json` tells."""
PLUGINS = "usr/lib/*/slurm-wlm/gpu_nvml.so"
LIBRARIES = ("usr/lib/*/libnvidia-ml.so.1", "usr/lib64/libnvidia-ml.so.1", "usr/local/lib/libnvidia-ml.so.1")
CAPABILITIES = "proc/driver/nvidia/capabilities/gpu{minor}/mig/gi{gpu}/{part}access"


def found(
    told: Mapping[str, Any], layouts: Mapping[str, Mapping[str, Any]], root: Path = Path("/")
) -> tuple[list[dict[str, Any]], str]:
    """The resources, and why they could not be told; then there may be more of them.

    Args:
        told: what `gpuhost gpus --json` prints.
        layouts: cards that are shared or cut up, by UUID or number.
        root: of the file system.
    """
    state = told.get("state", "gpuhost does not say")
    cards = told.get("cards") or []
    if state not in (OK, NO_CARD) and not cards:
        return [], str(told.get("why") or state)
    lost = [card for card in cards if card.get("minor") is None]
    resources = [
        each for card in cards if card.get("minor") is not None for each in _of_card(card, layouts, root)
    ]
    return resources, f"GPU {lost[0]['index']} does not say which device it is" if lost else ""


def kind(name: str) -> str:
    """What Slurm calls a card: `l40s` of `NVIDIA L40S`. The name that its own plugin finds has this in it."""
    word = re.sub(r"[^a-z0-9._-]+", "_", name.lower()).strip("_")
    return word.removeprefix("nvidia_") or "gpu"


def plugin_is_there(root: Path = Path("/")) -> bool:
    """Whether Slurm can find cards by itself: with the packaged plugin, and NVIDIA's library that it loads."""
    return any(root.glob(PLUGINS)) and any(True for each in LIBRARIES for _found in root.glob(each))


def _of_card(
    card: Mapping[str, Any], layouts: Mapping[str, Mapping[str, Any]], root: Path
) -> Iterable[dict[str, Any]]:
    file = f"/dev/nvidia{card['minor']}"
    if card.get("mig_enabled"):
        for each in card.get("mig_instances") or []:
            yield {
                "name": "gpu",
                "type": kind(each["profile"]),
                "files": [file, *_slice(card, each, root)],
                "cut": True,
                "count": 1,
            }
        return
    yield {"name": "gpu", "type": kind(card["name"]), "files": [file], "cut": False, "count": 1}
    layout = layouts.get(card["uuid"], layouts.get(str(card["index"]), {}))
    if layout.get("mps"):
        yield {"name": "mps", "type": "", "files": [file], "cut": False, "count": int(layout["mps"])}


def _slice(card: Mapping[str, Any], instance: Mapping[str, Any], root: Path) -> list[str]:
    """The nodes of a slice's capabilities, as the driver numbers them."""
    parts = ("", f"ci{instance.get('compute_instance')}/")
    nodes = []
    for part in parts:
        path = root / CAPABILITIES.format(minor=card["minor"], gpu=instance.get("gpu_instance"), part=part)
        try:
            minor = re.search(r"^DeviceFileMinor:\s*(\d+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        except OSError:
            continue
        nodes += [f"/dev/nvidia-caps/nvidia-cap{minor[1]}"] if minor else []
    return nodes

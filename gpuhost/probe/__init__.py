"""Say what a host is, once: one JSON object with the fields of the orchestrator's `HostFacts`, all but `host`.

Reads files below a root, so that a test can give it a tree of its own. Changes nothing, waits for nothing.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from gpuhost.files import text
from gpuhost.probe import boot, cards, driver, holders, machine, nvml, packages


def main(patterns: Sequence[str]) -> int:
    """Print the facts of this host; the patterns are globs of what may be `present`."""
    sys.stdout.write(json.dumps(read(Path("/"), patterns)) + "\n")
    return 0


def read(root: Path, patterns: Iterable[str]) -> dict[str, object]:
    """The facts of the host whose file system is at `root`. Whatever cannot be read is empty or None."""
    container = machine.container(root)
    kernel_next = boot.kernel_next(root)
    installed = packages.installed(root)
    seen = cards.display_cards(root, contained=bool(container))
    driver_loaded = driver.loaded(root)
    driver_installed = driver.installed(root, kernel_next)
    # NVML opens the devices: who holds them is asked before.
    gpu_holders = holders.gpu_holders(root)
    told = nvml.readings([card.address for card in seen]) if driver_loaded else {}
    return {
        "distribution": machine.distribution(root),
        "architecture": machine.architecture(os.uname().machine, bits=sys.maxsize.bit_length() + 1),
        "python": ".".join(map(str, sys.version_info[:3])),
        "container": container,
        "kernel": text(root / "proc/sys/kernel/osrelease"),
        "kernel_next": kernel_next,
        "headers": packages.headers(root, kernel_next, installed),
        "secure_boot": None if container else boot.secure_boot(root),
        "dkms_key_enrolled": boot.dkms_key_enrolled(root),
        "cards": [{**card._asdict(), **told.get(card.address, nvml.UNKNOWN)._asdict()} for card in seen],
        "nvswitches": cards.nvswitches(root),
        "driver_loaded": driver_loaded,
        "driver_installed": driver_installed,
        "driver_origin": driver.origin(root, driver_installed, installed),
        "gpu_holders": [holder._asdict() for holder in gpu_holders],
        "memory_mib": machine.memory_mib(root),
        "disk_free_mib": machine.disk_free_mib(root),
        "present": machine.present(root, patterns),
    }

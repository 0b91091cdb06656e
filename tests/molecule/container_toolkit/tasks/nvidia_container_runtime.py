#!/usr/bin/python3
"""Stands in for NVIDIA's container runtime in mode `cdi`: the nodes of the devices that a container asks for go into its OCI
specification, and runc does the rest.
"""

import json
import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

CONFIGURATION = Path("/etc/nvidia-container-runtime/config.toml")
SPECIFICATION = Path("/run/cdi/nvidia.yaml")
VARIABLE = "NVIDIA_VISIBLE_DEVICES="


def add_devices(bundle: Path) -> None:
    """Add what the container's environment names."""
    file = bundle / "config.json"
    container = json.loads(file.read_text(encoding="utf-8"))
    asked = [
        line.removeprefix(VARIABLE)
        for line in container["process"].get("env", ())
        if line.startswith(VARIABLE)
    ]
    names = [name.removeprefix("nvidia.com/gpu=") for name in (asked[-1] if asked else "").split(",") if name]
    devices = {
        each["name"]: each for each in json.loads(SPECIFICATION.read_text(encoding="utf-8"))["devices"]
    }
    linux = container["linux"]
    for name in names:
        if name in {"void", "none"}:
            continue
        if name not in devices:
            raise SystemExit(f"unresolvable CDI devices nvidia.com/gpu={name}")
        for node in devices[name]["containerEdits"]["deviceNodes"]:
            seen = Path(node["path"]).stat()
            number = {"major": os.major(seen.st_rdev), "minor": os.minor(seen.st_rdev)}
            made = {"type": "c", "path": node["path"], "fileMode": stat.S_IMODE(seen.st_mode), **number}
            linux.setdefault("devices", []).append(made)
            rule = {"allow": True, "type": "c", "access": "rwm", **number}
            linux.setdefault("resources", {}).setdefault("devices", []).append(rule)
    file.write_text(json.dumps(container), encoding="utf-8")


def main(arguments: Sequence[str]) -> None:
    """Change the specification of a container that is made; then be runc."""
    if "create" in arguments:
        if 'mode = "cdi"' not in CONFIGURATION.read_text(encoding="utf-8"):
            raise SystemExit(f"{CONFIGURATION} has not mode cdi")
        add_devices(Path(arguments[arguments.index("--bundle") + 1]))
    os.execvp("runc", ("runc", *arguments))  # noqa: S606  no shell is needed


if __name__ == "__main__":
    main(sys.argv[1:])

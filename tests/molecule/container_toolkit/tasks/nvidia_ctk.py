#!/usr/bin/python3
"""Stands in for NVIDIA's `nvidia-ctk`: the specification of the nodes that are there, and the runtime's configuration."""

import argparse
import json
import os
import re
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path

OUTPUT = "NVIDIA_CTK_CDI_OUTPUT_FILE_PATH"
STATE = Path("/etc/nvml-stand-in")
CONFIGURATION = """\
#accept-nvidia-visible-devices-as-volume-mounts = false

[nvidia-container-cli]
environment = []
load-kmods = true

[nvidia-container-runtime]
#debug = "/var/log/nvidia-container-runtime.log"
log-level = "info"
mode = "auto"
runtimes = ["runc", "crun"]

[nvidia-container-runtime.modes]

[nvidia-container-runtime.modes.cdi]
annotation-prefixes = ["cdi.k8s.io/"]
default-kind = "nvidia.com/gpu"
"""
"""Laid out as what NVIDIA's writes."""


def numbers() -> list[int]:
    """Of the cards' nodes."""
    found = (re.fullmatch(r"nvidia(\d+)", path.name) for path in Path("/dev").iterdir())
    return sorted(int(match[1]) for match in found if match)


def uuid_of(number: int) -> str:
    """What the stand-in of NVML says, else one that follows from the number."""
    text = STATE.read_text(encoding="utf-8") if STATE.exists() else ""
    said = re.search(rf"^{number} uuid (\S+)$", text, re.MULTILINE)
    return said[1] if said else f"GPU-{uuid.UUID(int=number + 1)}"


def specification() -> dict[str, object]:
    """In the Container Device Interface's own format; JSON is YAML."""
    nodes = {number: {"path": f"/dev/nvidia{number}"} for number in numbers()}
    devices = [
        {"name": name, "containerEdits": {"deviceNodes": [node]}}
        for number, node in nodes.items()
        for name in (str(number), uuid_of(number))
    ]
    whole = {"name": "all", "containerEdits": {"deviceNodes": list(nodes.values())}}
    return {
        "cdiVersion": "0.5.0",
        "kind": "nvidia.com/gpu",
        "devices": [*devices, whole],
        "containerEdits": {"env": ["NVIDIA_VISIBLE_DEVICES=void"]},
    }


def main(arguments: Sequence[str]) -> int:
    """Do what the subcommand says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quiet", action="store_true")
    commands = parser.add_subparsers(dest="command", required=True)
    generate = commands.add_parser("cdi").add_subparsers(dest="verb", required=True).add_parser("generate")
    generate.add_argument("--output", default=os.environ.get(OUTPUT, "/dev/stdout"))
    config = commands.add_parser("config")
    config.add_argument("--config-file", type=Path, required=True)
    config.add_argument("--in-place", action="store_true", required=True)
    given = parser.parse_args(arguments)
    if given.command == "config":
        given.config_file.parent.mkdir(parents=True, exist_ok=True)
        if not given.config_file.exists():
            given.config_file.write_text(CONFIGURATION, encoding="utf-8")
        return 0
    if not numbers():
        print("no NVIDIA device node is there", file=sys.stderr)
        return 1
    Path(given.output).parent.mkdir(parents=True, exist_ok=True)
    Path(given.output).write_text(json.dumps(specification(), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

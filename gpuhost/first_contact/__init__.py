"""What is done on a new host as soon as it lets us in: hear whether cloud-init is through, and give it a host key of its own.

Prints one JSON object a call. Changes nothing but sshd's host keys, and those only when told `activate`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from gpuhost.first_contact import boot, host_key


def main(arguments: Sequence[str]) -> int:
    """`boot`, `prepare` or `activate`."""
    (step,) = arguments
    if step == "boot":
        said = boot.state(Path("/"))._asdict()
    elif step == "prepare":
        said = {"public_key": host_key.prepare(Path("/"))}
    else:
        host_key.activate(Path("/"))
        said = {"public_key": ""}
    sys.stdout.write(json.dumps(said) + "\n")
    return 0

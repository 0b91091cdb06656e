"""One name for all that `up` would apply to a host: an image that was baked with the same one needs nothing more. Reads roles."""

import hashlib
import json

from orchestrator.computer.content import collection_dir, content_dir, files_for_hosts
from orchestrator.config import FleetSpec

_LENGTH = 16
"""Hexadecimal digits: 64 bits tell the states of one project's roles apart."""


def fingerprint(spec: FleetSpec) -> str:
    """Of roles with their files, variables, stack and login; what a host is rented as, and for how long, is not in it."""
    wanted = {
        "roles": spec.wanted_roles,
        "vars": {name: value for name, value in spec.vars.items() if not name.startswith("lifetime_")},
        "stack": spec.stack.model_dump(),
        "user": spec.user,
        "web": spec.web.role_vars,
    }
    digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode())
    root = content_dir()
    folders = [
        root / "playbooks",
        collection_dir() / "plugins",
        collection_dir() / "gpuhost",
        *(root / "roles" / role for role in ("gpuhost", *spec.wanted_roles)),
    ]
    for folder in folders:
        for path in files_for_hosts(folder):
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:_LENGTH]

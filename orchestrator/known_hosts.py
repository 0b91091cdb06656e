"""The user's own known_hosts: what it holds for a host, and putting a key there. Everything by ssh-keygen's rules."""

import os
import subprocess
from pathlib import Path


def known_hosts_file() -> Path:
    """Where OpenSSH keeps the user's records."""
    return Path.home() / ".ssh" / "known_hosts"


def on_record(host: str, port: int) -> str:
    """The Ed25519 key on record, or the first other one, `ssh-ed25519 AAAA…`; empty when there is none."""
    argv = ("ssh-keygen", "-F", _name(host, port), "-f", str(known_hosts_file()))
    found = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=10)
    keys = [
        line.split(maxsplit=1)[1] for line in found.stdout.splitlines() if line and not line.startswith("#")
    ]
    keys.sort(key=lambda key: not key.startswith("ssh-ed25519"))
    return " ".join(keys[0].split()[:2]) if keys else ""


def put_on_record(host: str, port: int, key: str) -> None:
    """Replace whatever is on record for the host by this key. Other hosts' lines are left alone."""
    path = known_hosts_file()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if on_record(host, port):
        argv = ("ssh-keygen", "-R", _name(host, port), "-f", str(path))
        subprocess.run(argv, capture_output=True, check=True, timeout=10)
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8"
    ) as file:
        file.write(f"{_name(host, port)} {key}\n")


def _name(host: str, port: int) -> str:
    return host if port == 22 else f"[{host}]:{port}"

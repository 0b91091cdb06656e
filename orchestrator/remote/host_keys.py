"""Host keys: the one a host shows, the one on record in the user's own known_hosts, and putting one there.

Reading and replacing lines of known_hosts is left to ssh-keygen.
"""

import base64
import hashlib
import os
import socket
import subprocess
from pathlib import Path

from orchestrator.errors import UnreachableError
from orchestrator.models import endpoint
from orchestrator.sanitize import sanitized_line

_TIMEOUT_S = 10


def shown_host_key(address: str, port: int) -> str:
    """The Ed25519 (or else preferred) public key that a host shows now, `ssh-ed25519 AAAA…`; nothing is sent to it.

    Raises:
        UnreachableError: nothing answers there, or it is no SSH server.
    """
    import paramiko

    try:
        with socket.create_connection((address, port), timeout=_TIMEOUT_S) as link:
            transport = paramiko.Transport(link)
            options = transport.get_security_options()
            options.key_types = tuple(sorted(options.key_types, key=lambda name: name != "ssh-ed25519"))
            try:
                transport.start_client(timeout=_TIMEOUT_S)
                key = transport.get_remote_server_key()
            finally:
                transport.close()
    except (OSError, EOFError, paramiko.SSHException) as error:
        seen = sanitized_line(str(error)) or type(error).__name__
        raise UnreachableError(
            f"{endpoint(address, port)} does not answer as an SSH server: {seen}",
            "check the address and that sshd runs there",
        ) from error
    return f"{key.get_name()} {key.get_base64()}"


def fingerprint(public_key: str) -> str:
    """`SHA256:…` as ssh-keygen prints it, for `ssh-ed25519 AAAA…`."""
    blob = base64.b64decode(public_key.split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def on_record(host: str, port: int, file: Path | None = None) -> str:
    """The Ed25519 key on record, or the first other one, `ssh-ed25519 AAAA…`; empty when there is none.

    Args:
        host: as known_hosts has it.
        port: 22 where known_hosts has none.
        file: which known_hosts; by default the user's own.
    """
    argv = ("ssh-keygen", "-F", _name(host, port), "-f", str(file or known_hosts_file()))
    found = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    keys = [
        line.split(maxsplit=1)[1] for line in found.stdout.splitlines() if line and not line.startswith("#")
    ]
    keys.sort(key=lambda key: not key.startswith("ssh-ed25519"))
    return " ".join(keys[0].split()[:2]) if keys else ""


def put_on_record(host: str, port: int, key: str, file: Path | None = None) -> None:
    """Replace whatever is on record for the host by this key. Other hosts' lines are left alone. Arguments as of `on_record`."""
    path = file or known_hosts_file()
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if on_record(host, port, path):
        argv = ("ssh-keygen", "-R", _name(host, port), "-f", str(path))
        subprocess.run(argv, capture_output=True, check=True, timeout=_TIMEOUT_S)
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a", encoding="utf-8"
    ) as records:
        records.write(f"{_name(host, port)} {key}\n")


def known_hosts_file() -> Path:
    """Where OpenSSH keeps the user's records."""
    return Path.home() / ".ssh" / "known_hosts"


def _name(host: str, port: int) -> str:
    return host if port == 22 else f"[{host}]:{port}"

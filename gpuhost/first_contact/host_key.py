"""A host key that nobody but the host has ever had, in place of the one that came with its first boot.

In two steps, so that whoever asked can put the new key on record before it is shown: killed in between, either key is known.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

_NEXT = "etc/ssh/orchestrate_next_host_key"
_ED25519 = "etc/ssh/ssh_host_ed25519_key"
_TIMEOUT_S = 60


def prepare(root: Path) -> str:
    """Make the next key, unless it is there, and return its public half, `ssh-ed25519 AAAA…`. Nothing shows it yet."""
    path = root / _NEXT
    public = path.with_name(path.name + ".pub")
    if not (path.exists() and public.exists()):
        path.unlink(missing_ok=True)
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path))
    return " ".join(public.read_text().split()[:2])


def activate(root: Path) -> None:
    """Show the next key from the next connection on, and no other; done already, it is left alone."""
    path = root / _NEXT
    if not path.exists():
        return
    for other in (root / "etc/ssh").glob("ssh_host_*_key*"):
        if not other.name.startswith("ssh_host_ed25519_key"):
            other.unlink()
    # The private half last: while it is there, a repetition goes on from here.
    path.with_name(path.name + ".pub").replace(root / (_ED25519 + ".pub"))
    path.replace(root / _ED25519)
    _run("systemctl", "try-reload-or-restart", "ssh.service")


def _run(*argv: str) -> None:
    subprocess.run(argv, stdin=subprocess.DEVNULL, check=True, capture_output=True, timeout=_TIMEOUT_S)

"""What keeps ssh from using a private key that an inventory names, as ssh-keygen and ssh-add see it. Never shows or changes a key."""

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from orchestrator.sanitize import sanitized_line

_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyProblem:
    """Why a key file is of no use."""

    cause: str
    hint: str


def key_problem(path: Path) -> KeyProblem | None:
    """What is wrong with the key file; None where ssh can use it, itself or through an agent."""
    return _not_a_key(path) or _unusable(path)


def _not_a_key(path: Path) -> KeyProblem | None:
    if not path.exists():
        return KeyProblem(
            cause=f"the key file {path} is not there",
            hint="have ansible_ssh_private_key_file name the file that holds your private key",
        )
    if not os.access(path, os.R_OK):
        return KeyProblem(
            cause=f"the key file {path} cannot be read by you",
            hint=f'sudo chown "$USER" {shlex.quote(str(path))}',
        )
    if not path.is_file() or not path.read_bytes().startswith(b"-----BEGIN"):
        return KeyProblem(
            cause=f"{path} is not a private key of OpenSSH",
            hint="have ansible_ssh_private_key_file name the private key, the file without .pub at its end; of a key of PuTTY "
            "`puttygen KEY.ppk -O private-openssh -o KEY` makes one",
        )
    return None


def _unusable(path: Path) -> KeyProblem | None:
    """Of a file that holds a private key."""
    typed, state = shlex.quote(str(path)), path.stat()
    if state.st_uid == os.getuid() and state.st_mode & 0o077:
        return KeyProblem(
            cause=f"others may read the key file {path} (mode {state.st_mode & 0o777:04o}), so ssh does not use it",
            hint=f"chmod 600 {typed}",
        )
    said = _said("ssh-keygen", "-y", "-P", "", "-f", str(path))
    if said is None or ("passphrase" in said and _in_agent(path)):
        return None
    if "passphrase" not in said:
        return KeyProblem(
            cause=f"the key file {path} cannot be read by ssh: {sanitized_line(said, limit=200)}",
            hint=f"`ssh-keygen -y -f {typed}` says more",
        )
    agent = "" if os.environ.get("SSH_AUTH_SOCK") else 'eval "$(ssh-agent)" && '
    return KeyProblem(
        cause=f"the key file {path} has a passphrase, and no agent has the key",
        hint=f"{agent}ssh-add {typed}",
    )


def _in_agent(path: Path) -> bool:
    """Whether the agent has this key. A private key that has a passphrase says its fingerprint without."""
    shown, held = (_run(argv).stdout for argv in (("ssh-keygen", "-l", "-f", str(path)), ("ssh-add", "-l")))
    fingerprint = shown.split()[1:2]
    return bool(fingerprint) and fingerprint[0] in held.split()


def _said(*argv: str) -> str | None:
    """The last line of a program that failed; None where it did not."""
    done = _run(argv)
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    return None if done.returncode == 0 else (lines or [f"exit code {done.returncode}"])[-1]


def _run(argv: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=_TIMEOUT_S,
    )

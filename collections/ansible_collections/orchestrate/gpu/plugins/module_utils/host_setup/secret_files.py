"""Secrets that a host makes for itself, each in a file that few may read: made once, and never told. Decides nothing else."""

from __future__ import annotations

import grp
import hashlib
import pwd
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files

BYTES = 32
"""256 bits, as 64 hexadecimal digits."""


@dataclass(frozen=True)
class Wish:
    """One secret and who may read it."""

    path: Path
    owner: str = "root"
    group: str = "root"
    mode: int = 0o600


def bring_about(wishes: Sequence[Wish], *, write: bool) -> Answer:
    """Have each file there, with a secret in it that stays once it was made; the answer has the first digits of its SHA-256.

    Raises:
        HostError: an account or a group is not there.
    """
    answer, known = Answer(write=write), {}
    for wish in wishes:
        text = files.text_of(wish.path)
        fresh = not text.strip()
        if fresh:
            text = f"{secrets.token_hex(BYTES)}\n"
        if fresh or files.differs(_managed(wish, text)):
            said = "made a secret in" if fresh else "set owner and mode of"
            answer.do(f"{said} {wish.path}", _write, wish, text)
        known[str(wish.path)] = hashlib.sha256(text.strip().encode()).hexdigest()[:16]
    answer.more["fingerprints"] = known
    return answer


def _write(wish: Wish, text: str) -> None:
    files.write(_managed(wish, text))


def _managed(wish: Wish, text: str) -> files.ManagedFile:
    try:
        owner = (pwd.getpwnam(wish.owner).pw_uid, grp.getgrnam(wish.group).gr_gid)
    except KeyError:
        raise HostError(
            f"{wish.path} shall belong to {wish.owner}:{wish.group}, and this host has no such account or group",
            "create it before, or set another owner and group",
        ) from None
    return files.ManagedFile(wish.path, text, wish.mode, owner)

"""What a policy of ssh-audit wants beside settings: an RSA host key of 4096 bits, and groups of 3072 bits and more.

Both are files of their own. The host's own keys and its list of groups stay as they are.
"""

from __future__ import annotations

from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import succeed

RSA_KEY = Path("/etc/ssh/ssh_host_rsa_4096_key")
MODULI = Path("/etc/ssh/moduli_3072")
ALL_MODULI = Path("/etc/ssh/moduli")
SMALLEST = 3071
"""Bits of the smallest group that stays; moduli(5) counts one less than the name says."""


def present(*, rsa_key: bool, moduli: bool, write: bool) -> list[str]:
    """Make what is wanted and missing; return what was done, or without `write` would be."""
    done = []
    if rsa_key and not RSA_KEY.exists():
        done.append(f"made {RSA_KEY}")
        if write:
            words = ("-q", "-t", "rsa", "-b", "4096", "-N", "", "-C", "", "-f", str(RSA_KEY))
            succeed(("ssh-keygen", *words), "see that the disk of /etc/ssh has space, and repeat")
    if moduli and not MODULI.exists():
        done.append(f"wrote {MODULI}")
        if write:
            files.write(files.ManagedFile(MODULI, large_groups(files.text_of(ALL_MODULI))))
    return done


def absent(*, write: bool) -> list[str]:
    """Remove what is there; return what was removed, or without `write` would be."""
    paths = (RSA_KEY, RSA_KEY.with_name(f"{RSA_KEY.name}.pub"), MODULI)
    there = [path for path in paths if path.exists()]
    for path in there if write else ():
        path.unlink()
    return [f"removed {path}" for path in there]


def large_groups(moduli: str) -> str:
    """The lines of moduli(5) with groups that are large enough. Pure."""
    lines = (line.split() for line in moduli.splitlines())
    kept = (words for words in lines if len(words) > 4 and words[4].isdecimal() and int(words[4]) >= SMALLEST)
    return "".join(f"{' '.join(words)}\n" for words in kept)

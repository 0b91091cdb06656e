"""How a host reaches its package servers: files that stand in for others, the proxy of logins, trusted authorities.

Lines and certificates of others stay. How one file takes the place of others is in `replacement`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup import managed
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.managed import change, root_file
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_setup.replacement import Replacement, steps
from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import succeed

ENVIRONMENT = Path("/etc/environment")
AUTHORITIES, TRUSTED = Path("/usr/local/share/ca-certificates"), Path("/etc/ssl/certs")


@dataclass(frozen=True)
class Wish:
    """What an owner wants."""

    owner: str
    files: Sequence[Replacement]
    environment: str
    certificates: Mapping[str, str]
    """PEM by name."""


def bring_about(wish: Wish, *, write: bool) -> Answer:
    """Make it so; return what was done, or without `write` would be. Raises HostError."""
    for name, pem in wish.certificates.items():
        plain = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name)
        if not plain or "-----BEGIN CERTIFICATE-----" not in pem or "PRIVATE KEY" in pem:
            raise HostError(
                f"{name} is not a PEM certificate alone or has no plain file name",
                "set its `pem` to the text from BEGIN CERTIFICATE to END CERTIFICATE, its `name` to letters, digits, dot, dash",
            )
    answer, marker = Answer(write=write), f"Ansible managed: role {wish.owner}"
    for each in wish.files:
        for step in steps(wish.owner, each):
            step(answer)
    before = text_of(ENVIRONMENT)
    after = managed.with_block(before, marker, wish.environment)
    if after != before:
        change(answer, replace(root_file(ENVIRONMENT, after), state="file"))
    _trust(wish, answer)
    return answer


def _trust(wish: Wish, answer: Answer) -> None:
    """Have the authorities, and no others of the owner's, in the bundle. Without one, its package is still to come, and makes it."""
    places = {AUTHORITIES / f"{wish.owner}-{name}.crt": pem for name, pem in wish.certificates.items()}
    if places and not AUTHORITIES.is_dir():
        folder = files.Wish(AUTHORITIES, "directory", "", "", 0o755, managed.ROOT, managed.ROOT)
        change(answer, folder)
    wrote = change(answer, *(root_file(at, f"{pem.strip()}\n") for at, pem in places.items()))
    surplus = sorted({*AUTHORITIES.glob(f"{wish.owner}-*.crt")} - places.keys())
    lost = change(answer, *(root_file(at, "") for at in surplus))
    # A run that was killed right here leaves links of files that are gone, or a bundle older than a certificate.
    lost = lost or any(not link.exists() for link in TRUSTED.glob(f"{wish.owner}-*.pem"))
    bundle = TRUSTED / "ca-certificates.crt"
    newest = max((path.stat().st_mtime for path in places if path.exists()), default=0.0)
    if bundle.exists() and (lost or wrote or newest > bundle.stat().st_mtime):
        # Only a fresh start lets go of the links of files that are gone.
        command = ("update-ca-certificates", *(["--fresh"] if lost else []))
        answer.do(" ".join(command), succeed, command, "repair the package ca-certificates, and repeat")

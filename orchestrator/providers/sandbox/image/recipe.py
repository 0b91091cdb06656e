"""What an image of a sandbox host is made from, and its name, which changes with any of that. Reads only `setup.sh`."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from orchestrator.errors import UsageError

REPOSITORY = "orchestrate-sandbox"
SETUP = Path(__file__).with_name("setup.sh")
PACKAGES = (
    "ca-certificates",
    "dbus",
    "iproute2",
    "libpam-systemd",
    "openssh-server",
    "python3",
    "sudo",
    "systemd",
    "systemd-sysv",
)
"""What systemd, sshd and Ansible need. Everything else is a role's business."""

_CODENAMES = {"debian-12": "bookworm", "debian-13": "trixie"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to make one image."""

    distribution: str
    """`debian-12` or `debian-13`."""
    user: str
    """The login that `setup.sh` makes."""
    base: str
    """Registry reference to start from."""
    packages: tuple[str, ...] = PACKAGES
    repository: str = REPOSITORY
    """The first half of the image's name: who it is for."""

    @property
    def codename(self) -> str:
        """Debian's name for the release, as its archive spells it."""
        return _CODENAMES[self.distribution]

    @property
    def name(self) -> str:
        """`<repository>:<distribution>-<digest of everything that goes in>`."""
        parts = (self.distribution, self.user, self.base, *self.packages, SETUP.read_text(encoding="utf-8"))
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return f"{self.repository}:{self.distribution}-{digest[:12]}"


def recipe_for(distribution: str, *, user: str, base: str = "") -> Recipe:
    """The recipe for a distribution; `base` replaces its official image.

    Raises:
        UsageError: no sandbox host can be made of that distribution.
    """
    if distribution not in _CODENAMES:
        known = ", ".join(_CODENAMES)
        raise UsageError(f"no sandbox image of distribution {distribution!r}", f"choose one of {known}")
    return Recipe(distribution=distribution, user=user, base=base or distribution.replace("-", ":"))

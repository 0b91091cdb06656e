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

STAND_INS = {"ubuntu-22.04": "debian-12", "ubuntu-24.04": "debian-12", "ubuntu-26.04": "debian-13"}
"""Which Debian a rehearsal makes say that it is this Ubuntu: the one whose programs are of about the same age."""


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
    """The first half of the image's name: what it is for."""
    owner: str = ""
    """Whose image it is: each owner has one, so that none takes another's away. The tar is everybody's."""

    @property
    def codename(self) -> str:
        """Debian's name for the release, as its archive spells it."""
        return _CODENAMES[self.distribution]

    @property
    def name(self) -> str:
        """`<repository>:<owner>-<distribution>-<digest of everything that goes in>`."""
        return f"{self.repository}:{f'{self.owner}-' if self.owner else ''}{self._content}"

    @property
    def file_name(self) -> str:
        """What the tar is called, without its suffix."""
        return f"{self.repository}-{self._content}"

    @property
    def _content(self) -> str:
        parts = (self.distribution, self.user, self.base, *self.packages, SETUP.read_text(encoding="utf-8"))
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        return f"{self.distribution}-{digest[:12]}"


def recipe_for(distribution: str, *, user: str, base: str = "", owner: str = "") -> Recipe:
    """The recipe for a distribution; `base` replaces its official image.

    Raises:
        UsageError: no sandbox host can be made of that distribution.
    """
    if distribution not in _CODENAMES:
        raise UsageError(
            f"sandbox makes hosts of Debian alone, and {distribution} is asked for",
            f"--distribution {' or '.join(_CODENAMES)}; or `--cloud aws`, where `--rehearse` plays it on this computer",
        )
    return Recipe(
        distribution=distribution, user=user, base=base or distribution.replace("-", ":"), owner=owner
    )


def owner_of(image: str) -> str:
    """Whose an image is, by its name; empty when nobody is named, as in what earlier versions made."""
    tag = image.partition(":")[2]
    return next((tag.partition(f"-{kind}-")[0] for kind in _CODENAMES if f"-{kind}-" in tag), "")

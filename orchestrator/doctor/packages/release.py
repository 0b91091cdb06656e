"""What os-release says that a package's name depends on. Pure: the caller reads the file."""

from collections.abc import Mapping
from dataclasses import dataclass

FAMILIES = ("debian", "fedora", "suse", "arch")
"""Those whose packages are known by name."""

_FAMILY_OF = {
    "ubuntu": "debian",
    "rhel": "fedora",
    "centos": "fedora",
    "amzn": "fedora",
    "opensuse": "suse",
    "sles": "suse",
    "manjaro": "arch",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The distribution that runs on this computer."""

    id: str
    """`ubuntu`, `fedora`, `rocky` …; empty where no os-release says it."""
    family: str
    """One of FAMILIES; empty for any other."""
    codename: str
    """`noble`, `bookworm` …, of the release that it was made from; empty where there are none."""
    image_based: bool
    """The system comes as one image, so packages are laid over it: Fedora Silverblue, CoreOS."""


def release_of(os_release: Mapping[str, str], *, image_based: bool) -> Release:
    """The release that the fields of an os-release describe.

    Args:
        os_release: ID, ID_LIKE, VERSION_CODENAME, UBUNTU_CODENAME; others are passed over.
        image_based: whether ostree booted it.
    """
    own = os_release.get("ID", "")
    words = [own, *os_release.get("ID_LIKE", "").split()]
    words = [word.split("-")[0] for word in words]  # opensuse-leap, opensuse-tumbleweed
    known = (_FAMILY_OF.get(word, word) for word in words)
    # A child of Ubuntu counts its own releases; the packages are Ubuntu's.
    codename = os_release.get("UBUNTU_CODENAME") or os_release.get("VERSION_CODENAME", "")
    return Release(
        id=own,
        family=next((word for word in known if word in FAMILIES), ""),
        codename=codename,
        image_based=image_based,
    )

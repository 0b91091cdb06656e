"""What the distributions call the packages that this computer may lack. A table; asks nothing.

The names of Debian 12 and 13 were looked up in their package lists. The others are those that Ubuntu, Fedora, RHEL, openSUSE and Arch
document: they could not be installed where this was written (docs/computer.md).
"""

from enum import StrEnum

from orchestrator.doctor.packages.release import Release


class Need(StrEnum):
    """Something that packages bring."""

    VENV = "venv"
    SSH_CLIENT = "ssh_client"
    RSYNC = "rsync"
    DOCKER = "docker"
    PODMAN = "podman"
    """With all that its networks and rootless containers need."""
    BOOTSTRAP = "bootstrap"
    """mmdebstrap, and the keys that it trusts."""
    USER_IDS = "user_ids"
    """newuidmap and newgidmap."""


INSTEAD = {
    Need.VENV: "install the modules venv and ensurepip of this Python",
    Need.SSH_CLIENT: "install the client of OpenSSH",
    Need.RSYNC: "install rsync",
    Need.DOCKER: "install Docker Engine as its maker says for this system, or Podman, then repeat this command",
    Need.PODMAN: "install Podman with netavark, aardvark-dns and crun, then repeat this command",
    Need.BOOTSTRAP: "let this computer reach a registry that has the image debian:12, or install mmdebstrap",
    Need.USER_IDS: "install the programs newuidmap and newgidmap",
}
"""What to do where no package is known by name."""

_NAMES: dict[str, dict[Need, tuple[str, ...]]] = {
    "debian": {
        Need.VENV: ("python3-venv",),
        Need.SSH_CLIENT: ("openssh-client",),
        Need.RSYNC: ("rsync",),
        Need.BOOTSTRAP: ("mmdebstrap", "debian-archive-keyring", "uidmap"),
        Need.USER_IDS: ("uidmap",),
    },
    "fedora": {
        Need.SSH_CLIENT: ("openssh-clients",),
        Need.RSYNC: ("rsync",),
        Need.PODMAN: ("podman", "aardvark-dns"),
        Need.USER_IDS: ("shadow-utils",),
    },
    "suse": {
        Need.SSH_CLIENT: ("openssh-clients",),
        Need.RSYNC: ("rsync",),
        Need.DOCKER: ("docker",),
        Need.PODMAN: ("podman", "aardvark-dns"),
        Need.USER_IDS: ("shadow",),
    },
    "arch": {
        Need.SSH_CLIENT: ("openssh",),
        Need.RSYNC: ("rsync",),
        Need.DOCKER: ("docker",),
        Need.PODMAN: ("podman", "aardvark-dns", "crun"),
        Need.USER_IDS: ("shadow",),
    },
}

_OF_ONE: dict[str, dict[Need, tuple[str, ...]]] = {
    "fedora": {Need.DOCKER: ("moby-engine",), Need.BOOTSTRAP: ("mmdebstrap", "debian-keyring")},
    "amzn": {Need.DOCKER: ("docker",), Need.PODMAN: ()},
}
"""What differs from the family. RHEL and its children have Podman alone, and no mmdebstrap."""

_CLIENT_WITHIN = frozenset({"buster", "bullseye", "bookworm"})
"""Releases of Debian whose docker.io brings the client; later ones have docker-cli for that."""

_OLD_NETWORKS = frozenset({"bullseye", "focal", "jammy"})
"""Releases whose Podman is older than netavark: it brings plugins of CNI, and names come from one more of them."""

_IPTABLES = frozenset({"bookworm", "noble"})
"""Releases whose netavark makes rules with iptables, and whose Podman, rootless, uses slirp4netns; later ones have nft and pasta."""


def packages(release: Release, need: Need) -> tuple[str, ...]:
    """Names of the packages that bring it, most important first; empty where none is known."""
    if release.family == "debian" and need is Need.DOCKER:
        return ("docker.io", *(() if _has_client(release) else ("docker-cli",)), "iptables")
    if release.family == "debian" and need is Need.PODMAN:
        return ("podman", "crun", *_networks(release), "uidmap", "dbus-user-session")
    own = _OF_ONE.get(release.id, {})
    return own[need] if need in own else _NAMES.get(release.family, {}).get(need, ())


def _has_client(release: Release) -> bool:
    """Ubuntu keeps the client in docker.io."""
    return release.id != "debian" or release.codename in _CLIENT_WITHIN


def _networks(release: Release) -> tuple[str, ...]:
    if release.codename in _OLD_NETWORKS:
        return ("slirp4netns", "golang-github-containernetworking-plugin-dnsname", "iptables")
    rest = ("slirp4netns", "iptables") if release.codename in _IPTABLES else ("passt", "nftables")
    return ("netavark", "aardvark-dns", *rest)

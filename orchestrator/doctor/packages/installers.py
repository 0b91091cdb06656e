"""The programs that install packages, as argument vectors. Runs none of them."""

from dataclasses import dataclass

from orchestrator.doctor.packages.release import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Installer:
    """One program, and how it is called."""

    install: tuple[str, ...]
    """What stands before the packages' names; asks nothing."""
    refresh: tuple[str, ...] = ()
    """What has to run before; empty where the program looks for itself."""
    patience: tuple[str, ...] = ()
    """Options of both that wait for another run which holds the lock; typed by nobody."""
    at_once: bool = True
    """What was installed can be used without a restart, so `--fix` may do it."""


_LOCK_TIMEOUT_S = 120
"""For the unattended upgrade that a fresh machine begins its life with."""

APT = Installer(
    install=("apt-get", "install", "--yes", "--no-install-recommends"),
    refresh=("apt-get", "update"),
    patience=("--option", f"DPkg::Lock::Timeout={_LOCK_TIMEOUT_S}"),
)
_INSTALLERS = {
    "debian": APT,
    "fedora": Installer(install=("dnf", "install", "--assumeyes")),
    "suse": Installer(install=("zypper", "--non-interactive", "install")),
    "arch": Installer(install=("pacman", "--sync", "--needed", "--noconfirm")),
}
_OSTREE = Installer(install=("rpm-ostree", "install", "--idempotent", "--apply-live"), at_once=False)


def installer_of(release: Release) -> Installer | None:
    """What installs packages there; None where that is not known."""
    if release.image_based:
        return _OSTREE if release.family == "fedora" else None
    return _INSTALLERS.get(release.family)

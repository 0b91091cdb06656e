"""Which package brings what, and which program installs it, on the distribution of this computer. Pure: asks nothing."""

from orchestrator.doctor.packages.installers import Installer, installer_of
from orchestrator.doctor.packages.names import INSTEAD, Need, packages
from orchestrator.doctor.packages.release import Release, release_of

__all__ = ["INSTEAD", "Installer", "Need", "Release", "installer_of", "packages", "release_of"]

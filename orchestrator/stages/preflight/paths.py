"""Where on a host that lies which the roles install. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

NVIDIA_TOOLKIT = "/usr/local/cuda-"
DISTRO_TOOLKIT = "/usr/lib/nvidia-cuda-toolkit"
"""CUDA of NVIDIA's packages, side by side by version, and that of Debian and Ubuntu."""
DESKTOP_RECORD = "/etc/orchestrate/desktop.json"
"""What the role vnc writes once its packages are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallPaths:
    """Folders of a host, as the roles' variables say or by their defaults."""

    environments: str = "/opt/ml/envs"
    conda: str = "/opt/conda"
    notebooks: str = "/opt/ml/notebooks"

    @property
    def patterns(self) -> tuple[str, ...]:
        """Globs of what tells that something is installed: the probe says what of it is there."""
        return (
            f"{self.environments}/*/environment.json",
            self.conda,
            f"{NVIDIA_TOOLKIT}[0-9]*",
            DISTRO_TOOLKIT,
            DESKTOP_RECORD,
            self.jupyter,
        )

    @property
    def jupyter(self) -> str:
        """Jupyter's own virtual environment, which the role notebooks makes."""
        return f"{self.notebooks}/lab"

    def environment(self, *, twin: bool = False) -> str:
        """What the role ml_env leaves of the environment in which jobs run, or of its twin for the CPU."""
        return f"{self.environments}/default{'-cpu' if twin else ''}/environment.json"


def install_paths(role_vars: Mapping[str, object]) -> InstallPaths:
    """The places that a plan's role variables name."""
    usual = InstallPaths()
    return InstallPaths(
        environments=str(role_vars.get("ml_env_root", usual.environments)),
        conda=str(role_vars.get("conda_prefix", usual.conda)),
        notebooks=str(role_vars.get("notebooks_root", usual.notebooks)),
    )

"""What a Python environment begins as: a virtual environment of the system's Python, or a conda environment with its own.

Either has pip, and knows no other package. Chooses between them, and fills either with wheels; knows none of these.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import (
    BuildError,
    run,
    run_conda,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.kept_folder import is_finished
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env import wheels

SYSTEM_PYTHON = ".".join(map(str, sys.version_info[:2]))


@dataclass(frozen=True)
class Builder:
    """Who makes it, with which Python."""

    conda: Path | None
    """conda's folder; without it, a virtual environment is made."""
    python: str
    """For example `3.11`."""

    @property
    def name(self) -> str:
        """`conda` or `venv`."""
        return "conda" if self.conda else "venv"


def choose(asked: str, python: str, conda: Path) -> Builder:
    """The builder for this host.

    Args:
        asked: `conda`, `venv`, or `auto` for conda where the role of that name has installed it.
        python: the wanted version; empty for the system's.
        conda: the folder that conda would be in.

    Raises:
        BuildError: what is asked for is not on this host.
    """
    if asked == "conda" or (asked == "auto" and is_finished(conda)):
        if not (conda / "bin/conda").exists():
            raise BuildError(
                f"ml_env_builder is conda and there is none in {conda}",
                "apply the role conda before, or set ml_env_builder to venv",
            )
        return Builder(conda=conda, python=python or SYSTEM_PYTHON)
    if python not in {"", SYSTEM_PYTHON}:
        raise BuildError(
            f"Python {python} is wanted and a virtual environment has this host's {SYSTEM_PYTHON}",
            "set ml_env_builder to conda and apply the role conda before, or set ml_env_python to an empty text",
        )
    return Builder(conda=None, python=SYSTEM_PYTHON)


def begin(builder: Builder, folder: Path, temporary: Path) -> None:
    """Make the environment in the folder, which may hold other files. Raises BuildError with what was said."""
    if builder.conda:
        create = ("create", "--json", "--yes", "--quiet", "--prefix", str(folder))
        run_conda((*create, f"python={builder.python}", "pip"), builder.conda / "bin/conda", temporary)
        return
    done = run((sys.executable, "-m", "venv", str(folder)), {"TMPDIR": str(temporary)})
    if done.returncode != 0:
        lines = (done.stdout + done.stderr).strip().splitlines() or ["no output"]
        raise BuildError(
            lines[-1], "see that the disk has space and that the package python3-venv is installed"
        )


def fill(builder: Builder, folder: Path, packages: wheels.Packages, hint: str) -> None:
    """Make the environment with these packages; `hint` goes with a failure that is not known. Raises BuildError."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        begin(builder, folder, Path(temporary))
    wheels.install(folder, packages, hint)

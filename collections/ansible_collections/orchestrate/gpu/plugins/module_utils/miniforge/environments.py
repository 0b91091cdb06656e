"""Environments in conda's own folder, each as its specification says. Knows no other folder, and no other conda."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError, run_conda, run_pip
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env.pip_settings import (
    into_the_environment,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.disk import assert_space

DISK_MIB = 500
"""Python alone with what it needs. conda says itself when more runs out."""


@dataclass(frozen=True)
class Environment:
    """One environment as it shall be."""

    prefix: Path
    """Of conda."""
    name: str
    state: str
    """`present` or `absent`."""
    packages: Sequence[str]
    """Specifications as `conda create` takes them, `python=3.11` among them."""
    channels: Sequence[str]
    """Before those of the configuration."""
    pip: Sequence[str]
    """Requirements that pip installs afterwards."""
    variables: Mapping[str, str]
    """Set while the environment is active."""

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.prefix / "envs" / self.name

    @property
    def digest(self) -> str:
        """Another one when the environment could come out another."""
        parts = [sorted(self.packages), self.channels, sorted(self.pip), sorted(self.variables.items())]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def reason(wish: Environment) -> str:
    """Why something is to be done about it, empty when nothing is. Changes nothing."""
    if wish.state == "absent":
        places = (wish.folder, kept_folder.previous(wish.folder))
        ours = any(kept_folder.read_record(folder) is not None for folder in places)
        return "it is not wanted" if ours else ""
    try:
        return kept_folder.difference(wish.folder, wish.digest)
    except kept_folder.ForeignFolderError as error:
        raise BuildError(str(error), "move it away, or choose another name in conda_environments") from error


def apply(wish: Environment) -> None:
    """Build the environment from nothing, or remove it. If building fails, the one from before is back."""
    if wish.state == "absent":
        kept_folder.discard(wish.folder)
        return
    larger = "set conda_prefix to a folder on a larger disk"
    assert_space(wish.prefix, DISK_MIB, str(wish.folder), larger)
    with kept_folder.replaced(wish.folder):
        fill(wish)
    kept_folder.put_in_order(wish.folder)


def fill(wish: Environment) -> None:
    """Fill the folder, which does not exist, and finish its record at the very end."""
    conda = wish.prefix / "bin/conda"
    kept_folder.begin(wish.folder, wish.digest)
    with tempfile.TemporaryDirectory(dir=wish.prefix) as name:
        temporary = Path(name)
        channels = (word for channel in wish.channels for word in ("--channel", channel))
        create = ("create", "--json", "--yes", "--quiet", "--prefix", str(wish.folder))
        run_conda((*create, *channels, *wish.packages), conda, temporary)
        if wish.variables:
            pairs = (f"{name}={value}" for name, value in wish.variables.items())
            run_conda(
                ("env", "config", "vars", "set", "--prefix", str(wish.folder), *pairs), conda, temporary
            )
        if wish.pip:
            python = wish.folder / "bin/python"
            hint = "compare `pip` in conda_environments with what the index has"
            with into_the_environment():
                run_pip(wish.pip, python, temporary, hint)
    kept_folder.finish(wish.folder, wish.digest)

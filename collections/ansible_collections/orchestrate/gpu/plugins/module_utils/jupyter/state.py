"""Make Jupyter's own virtual environment and the kernels it shows, or take them away.

Never touches the environments that notebooks run in, the system's own Python, or what users have in their homes. Whoever
calls holds the lock `packages`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError
from ansible_collections.orchestrate.gpu.plugins.module_utils.jupyter import kernels
from ansible_collections.orchestrate.gpu.plugins.module_utils.jupyter.kernels import Environment, Workshop
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import decisions
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.state import bring_about
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env import builders
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env.wheels import Packages
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.disk import assert_space

FORMER_RECORD = Path("/var/lib/orchestrate/notebooks/packages.json")
DISK_MIB = 1500
"""Free space the build needs: 660 MiB with JupyterHub and one ipykernel were measured, and the downloads lie beside."""
ENSUREPIP = Path(f"/usr/lib/python{builders.SYSTEM_PYTHON}/ensurepip")


@dataclass(frozen=True)
class Wish:
    """Notebooks as they shall be."""

    workshop: Workshop
    requirements: tuple[str, ...]
    environments: tuple[Environment, ...]
    environment: str
    """The name of the one that notebooks open with."""
    environments_root: Path
    oldest_python: str = "3.11"
    """The oldest that the pins of ipykernel have builds for."""

    @property
    def lab(self) -> Path:
        """Jupyter's own virtual environment."""
        return self.workshop.root / "lab"

    @property
    def digest(self) -> str:
        """Another one when Jupyter could come out another."""
        return sha256(
            json.dumps([builders.SYSTEM_PYTHON, self.workshop.digest, sorted(self.requirements)]).encode()
        ).hexdigest()


def wish_of(given: Mapping[str, Any]) -> Wish:
    """The parameters of the module as a wish, with the environments that are there."""
    root = Path(given["environments_root"])
    found = kernels.environments(root, Path(given["registered_kernels"]))
    return Wish(
        workshop=Workshop(root=Path(given["root"]), constraints=given["constraints"]),
        requirements=tuple(given["requirements"]),
        environments=tuple(
            one for one in found if one.registered or one.runs_bundled(given["oldest_python"])
        ),
        environment=given["environment"],
        environments_root=root,
        oldest_python=given["oldest_python"],
    )


def present(wish: Wish, *, write: bool) -> list[str]:
    """Make everything as wanted; return what was done. Without `write`, what would be done."""
    try:
        if write:
            default_kernel(wish, forgiving=False)
            kept_folder.put_in_order(wish.lab)
        reason = kept_folder.difference(wish.lab, wish.digest)
        done = kernels.bring_about(wish.workshop, wish.environments, write=False)
        if write and reason:
            install(wish)
        if write:
            kernels.bring_about(wish.workshop, wish.environments, write=True)
    except kept_folder.ForeignFolderError as error:
        raise BuildError(str(error), "move it away, or choose another notebooks_root") from error
    return [f"Jupyter: {reason}", *done] if reason else done


def absent(root: Path, *, write: bool) -> list[str]:
    """Remove what was made here, and the root when nothing else is in it; return what was removed. Without `write`, what would be."""
    made = kept_folder.made_in(root)
    done = [folder.name for folder in made]
    if Workshop(root=root).specs.exists():
        done.append("the kernels")
    if write:
        kept_folder.empty_trash(root)
        for folder in (*made, root / "share"):
            kept_folder.discard(folder)
        if root.exists() and not any(root.iterdir()):
            root.rmdir()
    return done + distribution_packages(write=write)


def build(wish: Wish) -> str:
    """Another text whenever Jupyter's environment was built anew: what runs of the former one has to be restarted."""
    record = wish.lab / kept_folder.RECORD
    return str(record.stat().st_mtime_ns) if record.exists() else ""


def default_kernel(wish: Wish, *, forgiving: bool) -> str:
    """The kernel of the environment that was chosen. `forgiving`: its name where there is no such environment yet."""
    for one in wish.environments:
        if one.folder.name == wish.environment:
            return one.kernel
    if forgiving:
        return wish.environment
    there = ", ".join(one.folder.name for one in wish.environments) or "none"
    raise BuildError(
        f"there is no environment {wish.environments_root / wish.environment} that notebooks could run in; there is: {there}",
        "apply the role ml_env before, or set notebooks_environment to one that is there; one with a Python older than "
        f"{wish.oldest_python} needs `kernel` in ml_env_environments",
    )


def install(wish: Wish) -> None:
    """Build Jupyter's environment. One that fails leaves the former one; its record is finished at the very end."""
    if not ENSUREPIP.exists():
        distribution_packages("python3-venv", write=True)
    root, builder = wish.workshop.root, builders.Builder(conda=None, python=builders.SYSTEM_PYTHON)
    hint = "see that the package index has these versions; pip's whole output is shown with this message"
    with kept_folder.replaced(wish.lab):
        assert_space(root, DISK_MIB, str(root), "set notebooks_root to a larger disk")
        wish.lab.mkdir(mode=0o755)
        kept_folder.write_record(wish.lab, kept_folder.Record(digest=wish.digest, installed=()))
        builders.fill(builder, wish.lab, Packages(wish.requirements, wish.workshop.constraints), hint)
        # Jupyter's own Python has nothing that a notebook wants.
        shutil.rmtree(wish.lab / "share/jupyter/kernels")
        kept_folder.write_record(
            wish.lab, kept_folder.Record(digest=wish.digest, installed=kept_folder.installed_in(wish.lab))
        )
    kept_folder.put_in_order(wish.lab)


def distribution_packages(*names: str, write: bool) -> list[str]:
    """Have these installed for Jupyter, and none besides; return what was done."""
    wanted = decisions.Wish("notebooks", decisions.wants_of(names, ()), former_record=FORMER_RECORD)
    return bring_about(wanted, write=write).done

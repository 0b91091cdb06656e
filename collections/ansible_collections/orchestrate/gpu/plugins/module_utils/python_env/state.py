"""Make one Python environment what it shall be, or take away all that were made.

An environment is finished only by its record, which is written last: what was cut short is built anew from nothing, and the
environment that was there before comes back if the new one fails. Whoever calls holds a lock. Never touches the system's own
Python, nor a folder it did not make.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env import library_links
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env.builders import (
    Builder,
    choose,
    fill,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env.library_links import NotElfError
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env.wheels import Packages
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.disk import assert_space

ACCELERATOR_BUILDS = {
    "tensorflow": {"cpu": "tensorflow-cpu", "gpu": "tensorflow[and-cuda]"},
    "jax": {"cpu": "jax", "gpu": "jax[cuda12]"},
}
"""Of each framework the build for an accelerator, where that has a name of its own."""
CPU_BUILD_OF_TORCH = "+cpu"
"""What follows the version of PyTorch's builds for the CPU."""

DISK_MIB = {
    "tensorflow[and-cuda]": 10500,
    "tensorflow": 3000,
    "tensorflow-cpu": 2300,
    "jax[cuda12]": 9000,
    "jax": 1800,
    "torch": 12000,
    "torch+cpu": 2300,
}
"""Free space a build needs: the installed files and, beside them, the downloads, with some to spare.

tensorflow-cpu 2.21 was measured: 1543 MiB installed. The others are reckoned from the sizes of their packages.
"""
HINT = "compare `requirements` in ml_env_environments with the constraints; pip's whole output is shown with this message"
HINT_OF_TORCH = (
    "PyTorch's builds for the CPU are on an index of its own, which its page Get Started names: set it as `extra-index-url` in"
    " base_pip_config, and apply role base before"
)
DISK_MIB_OTHERWISE = 500
DISK_MIB_CONDA = 700
"""A Python of conda's, its package in conda's cache included."""


@dataclass(frozen=True)
class Wish:
    """One environment as it shall be."""

    folder: Path
    builder: Builder
    requirements: tuple[str, ...]
    """What pip is asked for, the framework already as the build for the accelerator."""
    constraints: str
    """Text of a constraints file."""
    pip_arguments: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Another one when the environment could come out another. Comments and blank lines do not count."""
        pins = [line.split("#")[0].strip() for line in self.constraints.splitlines()]
        parts = [
            self.builder.name,
            self.builder.python,
            sorted(self.requirements),
            sorted(filter(None, pins)),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def wish_of(given: Mapping[str, Any], machine: str) -> Wish:
    """One environment of the module's parameters as a wish; `machine` as `uname -m` names it."""
    return Wish(
        folder=Path(given["folder"]),
        builder=choose(given["builder"], given["python"], Path(given["conda"])),
        requirements=tuple(build_for(one, given["accelerator"], machine) for one in given["requirements"]),
        constraints=given["constraints"],
        pip_arguments=tuple(given["pip_arguments"]),
    )


def build_for(requirement: str, accelerator: str, machine: str) -> str:
    """The requirement, `tensorflow`, `jax` or `torch` turned into the build for the accelerator.

    There is no tensorflow-cpu for ARM: there, plain `tensorflow` is the build without CUDA, and so is plain `torch`. PyTorch's build
    for the CPU has no name of its own but a version, so that only an exact one can become it.
    """
    found = re.fullmatch(r"(?P<name>tensorflow|jax|torch)(?P<version>\s*(?:[=<>!~;].*)?)", requirement)
    if not found or (accelerator == "cpu" and machine == "aarch64"):
        return requirement
    if found["name"] == "torch":
        exact = re.fullmatch(r"\s*==\s*[0-9.]+", found["version"])
        return requirement + (CPU_BUILD_OF_TORCH if exact and accelerator == "cpu" else "")
    return ACCELERATOR_BUILDS[found["name"]][accelerator] + found["version"]


def present(wishes: Sequence[Wish], *, write: bool) -> list[str]:
    """Make the environments as wanted; return what was done. Without `write`, what would be done."""
    done = []
    for wish in wishes:
        reason = apply(wish) if write else difference(wish)
        if reason:
            done.append(f"{wish.folder.name}: {reason}")
    return done


def absent(root: Path, *, write: bool) -> list[str]:
    """Remove every environment that was made here, and the root when nothing else is in it; return what was removed.

    Without `write`, what would be.
    """
    made = kept_folder.made_in(root)
    if write:
        kept_folder.empty_trash(root)
        for folder in made:
            kept_folder.discard(folder)
        if root.exists() and not any(root.iterdir()):
            root.rmdir()
    return [f"removed {folder}" for folder in made]


def apply(wish: Wish) -> str:
    """Make the environment as wanted; return what had to be done, empty when nothing had."""
    kept_folder.put_in_order(wish.folder)
    reason = difference(wish)
    if not reason:
        return ""
    if not to_build(wish):
        finish(wish)
        return reason
    with kept_folder.replaced(wish.folder):
        assert_space(
            wish.folder.parent, needed_mib(wish), str(wish.folder), "set ml_env_root to a larger disk"
        )
        install(wish)
    kept_folder.put_in_order(wish.folder)
    return reason


def difference(wish: Wish) -> str:
    """What has to be done for the environment to be as wanted; empty when it is. Changes nothing."""
    reason = to_build(wish)
    if reason:
        return reason
    try:
        wanting = sorted(
            {link for packages in packages_of(wish.folder) for link in library_links.wanting(packages)}
        )
    except NotElfError as error:
        raise BuildError(str(error), f"remove {wish.folder}, and repeat") from error
    return f"links are wanting: {', '.join(wanting)}" if wanting else ""


def to_build(wish: Wish) -> str:
    """Why the environment has to be built; empty when it has not."""
    try:
        return kept_folder.difference(wish.folder, wish.digest)
    except kept_folder.ForeignFolderError as error:
        raise BuildError(
            str(error), "move it away, or choose another name in ml_env_environments, or another ml_env_root"
        ) from error


def install(wish: Wish) -> None:
    """Fill the folder, which does not exist, and finish its record at the very end."""
    kept_folder.begin(wish.folder, wish.digest)
    hint = HINT_OF_TORCH if any(one.endswith(CPU_BUILD_OF_TORCH) for one in wish.requirements) else HINT
    packages = Packages(wish.requirements, wish.constraints, wish.pip_arguments)
    fill(wish.builder, wish.folder, packages, hint)
    finish(wish)


def finish(wish: Wish) -> None:
    """Link the libraries that TensorFlow does not look for where pip put them, and write the record."""
    links: set[str] = set()
    for packages in packages_of(wish.folder):
        library_links.make(packages)
        links.update(library_links.there(packages))
    notes = {"builder": wish.builder.name, "python": wish.builder.python}
    if links:
        notes["library_links"] = " ".join(sorted(links))
    kept_folder.finish(wish.folder, wish.digest, notes)


def packages_of(folder: Path) -> tuple[Path, ...]:
    """Where pip puts packages in an environment; none where there is no environment yet."""
    return tuple(sorted(folder.glob("lib/python3*/site-packages")))


def needed_mib(wish: Wish) -> int:
    """The space that what will be installed takes."""
    names = {
        re.split(r"[\s=<>!~;]", one)[0] + (CPU_BUILD_OF_TORCH if one.endswith(CPU_BUILD_OF_TORCH) else "")
        for one in wish.requirements
    }
    needed = max((DISK_MIB[name] for name in names & DISK_MIB.keys()), default=DISK_MIB_OTHERWISE)
    return needed + (DISK_MIB_CONDA if wish.builder.conda else 0)

"""Have conda for all users and environments in it, or take away what was made.

Never touches the system's own Python, another conda, or what people have in their homes. Whoever calls holds a lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError
from ansible_collections.orchestrate.gpu.plugins.module_utils.kept_folder import put_in_order
from ansible_collections.orchestrate.gpu.plugins.module_utils.miniforge import environments, installation
from ansible_collections.orchestrate.gpu.plugins.module_utils.miniforge.environments import Environment
from ansible_collections.orchestrate.gpu.plugins.module_utils.miniforge.installation import Installation

CHANGING = {"install", "create", "remove", "uninstall", "update", "upgrade", "env", "clean", "rename"}
"""What conda is told to do when it changes files."""
INSTALLED = "installed"
"""How the line begins that tells of Miniforge itself."""


@dataclass(frozen=True)
class Wish:
    """All of it."""

    installation: Installation
    environments: tuple[Environment, ...]


def wish_of(given: Mapping[str, Any]) -> Wish:
    """The parameters of the module as a wish."""
    prefix = Path(given["prefix"])
    return Wish(
        installation=Installation(
            prefix=prefix,
            address=given["installer_url"],
            sha256=given["installer_checksum"].partition("sha256:")[2],
            condarc=given["condarc"],
            shell_file=Path(given["shell_file"]),
            program_link=Path(given["program_link"]),
        ),
        environments=tuple(Environment(prefix=prefix, **one) for one in given["environments"]),
    )


def present(wish: Wish, *, write: bool) -> list[str]:
    """Make everything as wanted; return what was done. Without `write`, what would be done."""
    prefix = wish.installation.prefix
    if write:
        installation.settle(prefix)
        for environment in wish.environments:
            put_in_order(environment.folder)
    why = installation.difference(wish.installation)
    planned = {one.name: because for one in wish.environments if (because := environments.reason(one))}
    if write and (why or planned):
        assert_alone(wish.installation)
    done = [f"{INSTALLED} {prefix}: {why}"] if why else []
    if why and write:
        installation.install(wish.installation)
    done += installation.configure(wish.installation, write=write)
    for environment in wish.environments:
        if environment.name in planned:
            done.append(f"{environment.name}: {planned[environment.name]}")
            if write:
                environments.apply(environment)
    return done


def absent(wish: Wish, *, write: bool) -> list[str]:
    """Remove what was made; return what was removed. Without `write`, what would be."""
    return installation.remove(wish.installation, write=write)


def installs(done: Sequence[str]) -> bool:
    """Whether Miniforge itself is among what was done."""
    return any(one.startswith(INSTALLED) for one in done)


def assert_alone(wish: Installation, proc: Path = Path("/proc")) -> None:
    """Raises BuildError where root's conda is changing something: two at once spoil each other's packages."""
    programs = {
        str(wish.prefix / folder / name) for folder in ("bin", "condabin") for name in ("conda", "mamba")
    }
    for process, words in processes_of_root(proc):
        if (programs | {str(wish.program_link)}) & set(words[:3]) and CHANGING & set(words):
            raise BuildError(
                f"another conda is at work on this host: process {process}, {' '.join(words)[:120]}",
                "wait until it has ended, and repeat",
            )


def processes_of_root(proc: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Number and command line of each process of root's."""
    for folder in proc.glob("[0-9]*"):
        try:
            owner, line = folder.stat().st_uid, (folder / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if owner == 0:
            yield int(folder.name), tuple(line.decode(errors="replace").rstrip("\0").split("\0"))

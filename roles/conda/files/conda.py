"""Have conda for all users and environments in it, or take away what was made. Runs on the host, as root.

    check|apply|check-absent|absent '<wish as JSON>'

Goes to the host on standard input, with the modules that it imports (templates/program.py.j2). Prints one JSON object: what
was done (for the checks: would be done). The caller holds a lock, which conda, pip and the installer inherit. Never touches
the system's own Python, another conda, or what people have in their homes.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import environments
import installation
from commands import BuildError
from environments import Environment
from installation import Installation
from kept_folder import put_in_order

CHANGING = {"install", "create", "remove", "uninstall", "update", "upgrade", "env", "clean", "rename"}
"""What conda is told to do when it changes files."""
INSTALLED = "installed"
"""How the line begins that tells of Miniforge itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """All of it."""

    installation: Installation
    environments: tuple[Environment, ...]


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    os.umask(0o022)
    verb, subject = arguments
    write = verb in {"apply", "absent"}
    try:
        wish = parse_wish(subject)
        if verb in {"absent", "check-absent"}:
            done = installation.remove(wish.installation, write=write)
        else:
            done = present(wish, write=write)
    except (BuildError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    installs = any(one.startswith(INSTALLED) for one in done)
    sys.stdout.write(json.dumps({"changed": bool(done), "installs": installs, "done": done}) + "\n")
    return 0


def parse_wish(text: str) -> Wish:
    """The wish that the role sends."""
    given = json.loads(text)
    prefix = Path(given["prefix"])
    return Wish(
        installation=Installation(
            prefix=prefix,
            address=given["address"],
            sha256=given["sha256"],
            condarc=given["condarc"],
            shell_file=Path(given["shell_file"]),
            program_link=Path(given["program_link"]),
        ),
        environments=tuple(
            Environment(
                prefix=prefix,
                name=one["name"],
                wanted=one["wanted"],
                packages=tuple(one["packages"]),
                channels=tuple(one["channels"]),
                pip=tuple(one["pip"]),
                variables=one["variables"],
            )
            for one in given["environments"]
        ),
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

"""Show environments of the host in Jupyter without touching them. Runs on the host, as root.

An environment that has ipykernel and is registered with Jupyter is left alone. Any other gets a kernel here: its own Python,
with ipykernel from a folder beside Jupyter's, behind the environment's own packages.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError, run, run_pip
from ansible_collections.orchestrate.gpu.plugins.module_utils.python_env.pip_settings import (
    into_the_environment,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import files

LAUNCH = (
    "import runpy, sys; del sys.path[0]; sys.path.append(sys.argv.pop(1)); "
    "runpy.run_module('ipykernel_launcher', run_name='__main__', alter_sys=True)"
)
"""Starts ipykernel from the folder in the first argument. The environment's own packages come first; nothing is installed."""


@dataclass(frozen=True)
class Environment:
    """A Python environment that may be shown."""

    folder: Path
    version: str
    """Of its Python, as `3.11`."""
    registered: str
    """The name of the kernel that Jupyter has for it from elsewhere; empty where there is none."""

    @property
    def kernel(self) -> str:
        """The name of its kernel."""
        return self.registered or self.folder.name

    def runs_bundled(self, oldest: str) -> bool:
        """Whether an ipykernel runs in it whose pins have builds for this Python and each later one."""
        return _numbers(self.version) >= _numbers(oldest)


@dataclass(frozen=True)
class Workshop:
    """Where kernels are made, and from what."""

    root: Path
    constraints: str = ""

    @property
    def specs(self) -> Path:
        """Where Jupyter looks for kernels."""
        return self.root / "share/jupyter/kernels"

    @property
    def digest(self) -> str:
        """Another one when another ipykernel could come out."""
        pins = [line.split("#")[0].strip() for line in self.constraints.splitlines()]
        return sha256(json.dumps(["ipykernel", sorted(filter(None, pins))]).encode()).hexdigest()

    def library(self, version: str) -> Path:
        """The folder with ipykernel for one version of Python."""
        return self.root / f"ipykernel-{version}"


def environments(root: Path, registered: Path) -> tuple[Environment, ...]:
    """The environments below the root, by name; `registered` holds the kernels that others registered."""
    return tuple(
        Environment(folder=folder, version=version, registered=_registered(folder, registered))
        for folder in sorted(root.glob("[!.]*"))
        if (folder / "bin/python").exists() and (version := _version(folder))
    )


def bring_about(workshop: Workshop, wanted: Sequence[Environment], *, write: bool) -> list[str]:
    """Have exactly these kernels; return what was not as wanted. Without `write`, nothing is changed."""
    ours = [one for one in wanted if not one.registered]
    done = []
    for version, one in sorted({one.version: one for one in ours}.items()):
        library = workshop.library(version)
        if write:
            kept_folder.put_in_order(library)
        if kept_folder.difference(library, workshop.digest):
            done.append(f"ipykernel for Python {version}")
            if write:
                with kept_folder.replaced(library):
                    _install(workshop, version, one.folder / "bin/python")
                kept_folder.put_in_order(library)
    specs = {workshop.specs / one.kernel / "kernel.json": _spec(workshop, one) for one in ours}
    for path, spec in specs.items():
        if files.text_of(path) != spec:
            done.append(f"kernel {path.parent.name}")
            if write:
                path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
                files.write(files.ManagedFile(path, spec))
    for path in sorted(set(workshop.specs.glob("*/kernel.json")).difference(specs)):
        done.append(f"kernel {path.parent.name}, which goes")
        if write:
            shutil.rmtree(path.parent)
    return done


def _install(workshop: Workshop, version: str, python: Path) -> None:
    folder = workshop.library(version)
    constraints, downloads = folder / "constraints.txt", folder / "downloads"
    downloads.mkdir(mode=0o755, parents=True)
    kept_folder.write_record(folder, kept_folder.Record(digest=workshop.digest, installed=()))
    constraints.write_text(workshop.constraints, encoding="utf-8")
    places = ("--prefix", str(folder), "--constraint", str(constraints))
    arguments = (
        "--only-binary=:all:",
        "--ignore-installed",
        "--no-warn-script-location",
        *places,
        "ipykernel",
    )
    hint = "set `kernel` for it in ml_env_environments: then it brings an ipykernel that suits it"
    with into_the_environment():
        run_pip(arguments, python, downloads, hint)
    tried = run((str(python), "-c", LAUNCH, str(_packages(workshop, version)), "--version"))
    if tried.returncode != 0:
        lines = tried.stderr.strip().splitlines() or ["no output"]
        raise BuildError(f"ipykernel does not start in {python.parent.parent}: {lines[-1]}", hint)
    shutil.rmtree(downloads)
    kept_folder.write_record(
        folder, kept_folder.Record(digest=workshop.digest, installed=kept_folder.installed_in(folder))
    )


def _packages(workshop: Workshop, version: str) -> Path:
    return workshop.library(version) / f"lib/python{version}/site-packages"


def _spec(workshop: Workshop, one: Environment) -> str:
    """The file by which Jupyter finds the kernel."""
    python, library = one.folder / "bin/python", _packages(workshop, one.version)
    spec = {
        "argv": [str(python), "-c", LAUNCH, str(library), "-f", "{connection_file}"],
        "display_name": f"Python ({one.kernel})",
        "language": "python",
        "metadata": {"debugger": True},
        # `!python` and `!pip` in a cell are those of the environment.
        "env": {"PATH": f"{one.folder}/bin:${{PATH}}"},
    }
    return json.dumps(spec, indent=1) + "\n"


def _registered(folder: Path, kernels: Path) -> str:
    for spec in sorted(kernels.glob("*/kernel.json")):
        if json.loads(spec.read_text(encoding="utf-8")).get("argv", [""])[0] == f"{folder}/bin/python":
            return spec.parent.name
    return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _version(folder: Path) -> str:
    found = sorted(path.name.removeprefix("python") for path in folder.glob("lib/python3.*"))
    return found[-1] if found else ""

"""Show environments of the host in Jupyter without touching them. Runs on the host, as root.

An environment that has ipykernel and is registered with Jupyter is left alone. Any other gets a kernel here: its own Python,
with ipykernel from a folder beside Jupyter's, behind the environment's own packages.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils import kept_folder
from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import BuildError, run, run_pip
from ansible_collections.orchestrate.gpu.plugins.module_utils.kept_folder import (
    Record,
    installed_in,
    write_record,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import ManagedFile, text_of, write

LAUNCH = (
    "import runpy, sys; del sys.path[0]; sys.path.append(sys.argv.pop(1)); "
    "runpy.run_module('ipykernel_launcher', run_name='__main__', alter_sys=True)"
)
"""Starts ipykernel from the folder in the first argument. The environment's own packages come first; nothing is installed."""

OLDEST = (3, 11)
"""The oldest Python that the bundled pins of ipykernel have builds for."""


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

    @property
    def bundled(self) -> bool:
        """Whether the bundled ipykernel runs in it."""
        return tuple(map(int, self.version.split("."))) >= OLDEST


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


def difference(workshop: Workshop, wanted: Iterable[Environment]) -> list[str]:
    """What of the kernels is not as wanted; empty when all is. Changes nothing."""
    ours = [one for one in wanted if not one.registered]
    versions = {one.version for one in ours}
    found = [f"ipykernel for Python {version}" for version in versions if _stale(workshop, version)]
    files = {_spec(workshop, one): _text(workshop, one) for one in ours}
    found += [f"kernel {path.parent.name}" for path, text in files.items() if text_of(path) != text]
    return sorted(found) + [f"kernel {path.parent.name}, which goes" for path in _loose(workshop, files)]


def apply(workshop: Workshop, wanted: Sequence[Environment]) -> None:
    """Have exactly these kernels."""
    ours = [one for one in wanted if not one.registered]
    for version in sorted({one.version for one in ours}):
        kept_folder.put_in_order(workshop.library(version))
        if _stale(workshop, version):
            python = next(one.folder / "bin/python" for one in ours if one.version == version)
            with kept_folder.replaced(workshop.library(version)):
                _install(workshop, version, python)
            kept_folder.put_in_order(workshop.library(version))
    for one in ours:
        spec = _spec(workshop, one)
        spec.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        write(ManagedFile(spec, _text(workshop, one)))
    for path in _loose(workshop, [_spec(workshop, one) for one in ours]):
        shutil.rmtree(path.parent)


def _install(workshop: Workshop, version: str, python: Path) -> None:
    folder = workshop.library(version)
    constraints, downloads = folder / "constraints.txt", folder / "downloads"
    downloads.mkdir(mode=0o755, parents=True)
    write_record(folder, Record(digest=workshop.digest, installed=()))
    constraints.write_text(workshop.constraints, encoding="utf-8")
    arguments = (
        "--only-binary=:all:",
        "--ignore-installed",
        "--no-warn-script-location",
        "--prefix",
        str(folder),
        "--constraint",
        str(constraints),
        "ipykernel",
    )
    hint = "set `kernel` for it in ml_env_environments: then it brings an ipykernel that suits it"
    run_pip(arguments, python, downloads, hint)
    tried = run((str(python), "-c", LAUNCH, str(_packages(workshop, version)), "--version"))
    if tried.returncode != 0:
        lines = tried.stderr.strip().splitlines() or ["no output"]
        raise BuildError(f"ipykernel does not start in {python.parent.parent}: {lines[-1]}", hint)
    shutil.rmtree(downloads)
    write_record(folder, Record(digest=workshop.digest, installed=installed_in(folder)))


def _stale(workshop: Workshop, version: str) -> bool:
    return bool(kept_folder.difference(workshop.library(version), workshop.digest))


def _packages(workshop: Workshop, version: str) -> Path:
    return workshop.library(version) / f"lib/python{version}/site-packages"


def _spec(workshop: Workshop, one: Environment) -> Path:
    return workshop.specs / one.kernel / "kernel.json"


def _text(workshop: Workshop, one: Environment) -> str:
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


def _loose(workshop: Workshop, wanted: Iterable[Path]) -> list[Path]:
    return sorted(set(workshop.specs.glob("*/kernel.json")) - set(wanted))


def _registered(folder: Path, kernels: Path) -> str:
    for spec in sorted(kernels.glob("*/kernel.json")):
        if json.loads(spec.read_text(encoding="utf-8")).get("argv", [""])[0] == f"{folder}/bin/python":
            return spec.parent.name
    return ""


def _version(folder: Path) -> str:
    found = sorted(path.name.removeprefix("python") for path in folder.glob("lib/python3.*"))
    return found[-1] if found else ""

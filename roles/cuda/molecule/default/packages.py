"""Turn NVIDIA's wheels of one CUDA into folders with the content of its Debian packages. Runs on a test's host.

    python3 packages.py VERSION FOLDER

FOLDER has the wheels. Prints the packages as tests/molecule/apt_repository takes them.
"""

import json
import shutil
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

WHEELS = {
    "nvidia_cuda_nvcc": "cuda-nvcc",
    "nvidia_nvvm": "cuda-nvvm",
    "nvidia_cuda_crt": "cuda-crt",
    "nvidia_cuda_runtime": "cuda-cudart-dev",
    "nvidia_cuda_cccl": "cuda-cccl",
}
DEPENDS = {
    "cuda-nvcc": ("cuda-nvvm", "cuda-crt"),
    "cuda-cudart": ("cuda-toolkit-{}-config-common",),
    "cuda-cudart-dev": ("cuda-cudart", "cuda-cccl"),
    "cuda-compiler": ("cuda-nvcc",),
    "cuda-libraries": ("cuda-cudart",),
    "cuda-libraries-dev": ("cuda-cudart-dev",),
    "cuda-toolkit": ("cuda-compiler", "cuda-libraries", "cuda-libraries-dev"),
}
"""What NVIDIA's packages of these names ask for, as far as it is here."""


def unpack(version: str, folder: Path) -> dict[str, Path]:
    """Content by package."""
    prefix = f"usr/local/cuda-{version}"
    trees = {
        name: folder / name for name in (*WHEELS.values(), "cuda-cudart", "cuda-toolkit-{}-config-common")
    }
    for wheel in folder.glob("*.whl"):
        tree = trees[WHEELS[wheel.name.split("-")[0]]]
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(tree)
        (tree / prefix).parent.mkdir(parents=True)
        (tree / "nvidia/cu13").rename(tree / prefix)
        for path in tree.iterdir():
            if path.name != "usr":
                shutil.rmtree(path)
        for pattern in ("bin/*", "nvvm/bin/*"):
            for program in (tree / prefix).glob(pattern):
                program.chmod(0o755)
        if (tree / prefix / "lib").exists():
            (tree / prefix / "lib").rename(tree / prefix / "lib64")
    split_runtime(trees["cuda-cudart-dev"] / prefix / "lib64", trees["cuda-cudart"] / prefix / "lib64")
    common = trees["cuda-toolkit-{}-config-common"] / prefix
    common.mkdir(parents=True)
    (common / "lib").symlink_to("lib64")
    return trees


def split_runtime(development: Path, runtime: Path) -> None:
    """Shared libraries go into the package that programs need, their links stay with the headers."""
    runtime.mkdir(parents=True)
    for library in development.glob("*.so.*"):
        library.rename(runtime / library.name)
        (development / f"{library.name.split('.so.')[0]}.so").symlink_to(library.name)


def packages(version: str, trees: Mapping[str, Path]) -> list[dict[str, object]]:
    """The packages, which register their folder as NVIDIA's do."""
    dash, number = version.replace(".", "-"), version.replace(".", "")
    folder = f"/usr/local/cuda-{version}"
    scripts = {
        "postinst": f"#!/bin/sh\nupdate-alternatives --install /usr/local/cuda cuda {folder} {number}\n",
        "prerm": f"#!/bin/sh\nupdate-alternatives --remove cuda {folder}\n",
    }
    return [
        {
            "name": named(name, dash),
            "version": f"{version}.86-1",
            **({"depends": ", ".join(named(one, dash) for one in DEPENDS[name])} if name in DEPENDS else {}),
            **({"tree": str(trees[name])} if name in trees else {}),
            **({"scripts": scripts} if "config-common" in name else {}),
        }
        for name in sorted({*trees, *DEPENDS})
    ]


def named(name: str, dash: str) -> str:
    """The package's name with the version in it."""
    return name.format(dash) if "{}" in name else f"{name}-{dash}"


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says."""
    version, folder = arguments
    sys.stdout.write(json.dumps(packages(version, unpack(version, Path(folder)))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

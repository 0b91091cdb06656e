"""Have the conda channel of the role tests: build it once, then share it.

    python make.py                            says where it is
    python make.py <python-VERSION.tar>...    builds it from these where it is not there

Prints one JSON object. Everything lies in the checkout's `.cache`; another version of these files is another channel.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from filelock import FileLock

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
CACHE = ROOT / ".cache/conda_channel"
PROGRAM = "tests.molecule.conda_channel.build"
OWN_PYTHON = "3.11"
"""The one that conda runs on: the first of the archives."""
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")
OLDER = "six==1.16.0"
"""A second version, to change to and from."""


def main(pythons: Sequence[str]) -> None:
    """Do what the module's docstring says."""
    folder = CACHE / digest()
    if len(pythons) == 1:
        sys.exit(
            "a channel has Python 3.11 and 3.13, of hosts with each, and all that came have one of them\n"
            '  try: SCENARIO_DISTRIBUTIONS="debian-12 debian-13", or "ubuntu-24.04 ubuntu-26.04", once: the channel is kept'
        )
    if pythons:
        with FileLock(CACHE / "lock"):
            if not folder.exists():
                for outdated in CACHE.glob("*/"):
                    shutil.rmtree(outdated)
                build(sorted(pythons), folder)
    print(json.dumps({"folder": str(folder), "finished": folder.exists()}))


def digest() -> str:
    """Of all that decides what comes out."""
    CACHE.mkdir(parents=True, exist_ok=True)
    files = sorted(file for file in HERE.iterdir() if file.suffix in {".py", ".sh", ".txt"})
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def build(pythons: Sequence[str], folder: Path) -> None:
    """Build beside the place and move there what is whole."""
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        work = Path(name)
        wheels, made = work / "wheels", work / "made"
        made.mkdir()
        download = (
            sys.executable,
            *PIP,
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--python-version",
            OWN_PYTHON,
        )
        subprocess.run((*download, "--dest", wheels, "--requirement", HERE / "wheels.txt"), check=True)
        subprocess.run((*download, "--dest", wheels / "older", OLDER), check=True)
        venv.create(work / "tools", with_pip=True)
        tools = work / "tools/bin/python"
        subprocess.run((tools, *PIP, "install", "--requirement", HERE / "requirements.txt"), check=True)
        subprocess.run(
            (tools, "-m", PROGRAM, *pythons, "--wheels", wheels, "--target", made), cwd=ROOT, check=True
        )
        (installer,) = made.glob("*.sh")
        with installer.open("rb") as content:
            checksum = hashlib.file_digest(content, "sha256").hexdigest()
        installer.rename(made / "installer.sh")
        (made / "installer.sha256").write_text(checksum)
        subprocess.run(
            ("tar", "--directory", made, "--create", "--file", made / "channel.tar", "channel"), check=True
        )
        made.rename(folder)


if __name__ == "__main__":
    main(sys.argv[1:])

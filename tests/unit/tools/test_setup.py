"""`tools/setup` on computers that are not here: an os-release, a package program and Pythons that are small scripts."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.repo.tree import ROOT
from tests.unit.doctor.played import RELEASES

TOOLS = ("cat", "cksum", "dirname", "env", "grep", "mkdir", "mktemp", "rm", "sed", "sh", "tail", "tr")

PYTHON = """#!/bin/sh
case "$*" in
*print*) echo {venv} ;;
*assert*ensurepip*) exit {ensurepip} ;;
"-m venv --clear .venv") mkdir -p .venv/bin && cat "$0" >.venv/bin/python && chmod +x .venv/bin/python ;;
esac
"""

INSTALLER = """#!/bin/sh
echo "${{0##*/}} $*" >>{record}
for name in "$@"; do :; done
[ "$name" != update ] || exit 0
case " {known} " in
*" $name "*) cat {folder}/python.new >{folder}/{brings} && chmod +x {folder}/{brings} ;;
*) echo "Error: Unable to find a match: $name" >&2; exit 1 ;;
esac
"""


@dataclass(frozen=True)
class Bare:
    """A computer without a Python of ours, in a folder."""

    folder: Path

    def run(self) -> subprocess.CompletedProcess[str]:
        """`tools/setup all` there."""
        environment = {
            "PATH": str(self.folder / "bin"),
            "OS_RELEASE": str(self.folder / "os-release"),
            "TMPDIR": str(self.folder),
        }
        return subprocess.run(
            (str(self.folder / "tools/setup"), "all"), env=environment, capture_output=True, text=True, check=False, timeout=30
        )  # fmt: skip

    @property
    def installed(self) -> list[str]:
        """What package programs were called with."""
        record = self.folder / "record"
        return record.read_text(encoding="utf-8").splitlines() if record.exists() else []


def bare(
    folder: Path,
    release: str,
    *,
    program: str = "",
    known: str = "",
    brings: str = "python3.12",
    user: int = 0,
) -> Bare:
    """A computer on which `program` knows some packages, each of which brings a Python."""
    programs = folder / "bin"
    programs.mkdir()
    (folder / "tools").mkdir()
    shutil.copy(ROOT / "tools/setup", folder / "tools/setup")
    for name in ("pyproject.toml", "constraints.txt"):
        (folder / name).write_text("", encoding="utf-8")
    (folder / "os-release").write_text(RELEASES[release], encoding="utf-8")
    for name in (*TOOLS, "chmod"):
        (programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    (programs / "python.new").write_text(PYTHON.format(venv="", ensurepip=0), encoding="utf-8")
    script(programs / "id", f"#!/bin/sh\necho {user}\n")
    if program:
        script(
            programs / program,
            INSTALLER.format(record=folder / "record", folder=programs, known=known, brings=brings),
        )
    return Bare(folder)


def script(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("release", "program", "known", "called"),
    [
        ("ubuntu-22.04", "apt-get", "python3-venv python3.11-venv", ["apt-get -qq update", *(f"apt-get install --yes --no-install-recommends python3.{n}-venv" for n in (13, 12, 11))]),
        ("rocky-9", "dnf", "python3.12 python3.11", ["dnf install --assumeyes python3.13", "dnf install --assumeyes python3.12"]),
        ("tumbleweed", "zypper", "python313", ["zypper --non-interactive install python313"]),
        ("arch", "pacman", "python", ["pacman --sync --needed --noconfirm python"]),
    ],
)  # fmt: skip
def test_a_python_is_installed_under_the_name_that_the_distribution_gives_it(
    release: str, program: str, known: str, called: list[str], tmp_path: Path
) -> None:
    computer = bare(tmp_path, release, program=program, known=known)
    done = computer.run()
    assert done.returncode == 0, done.stderr
    assert computer.installed == called
    assert (tmp_path / ".venv/.setup-all").exists()


def test_a_debian_python_without_venv_gets_the_package_of_its_version(tmp_path: Path) -> None:
    computer = bare(tmp_path, "ubuntu-24.04", program="apt-get", known="python3.12-venv", brings="python3")
    script(tmp_path / "bin/python3", PYTHON.format(venv="python3.12-venv", ensurepip=1))
    done = computer.run()
    assert done.returncode == 0, done.stderr
    assert computer.installed[1:] == ["apt-get install --yes --no-install-recommends python3.12-venv"]


@pytest.mark.parametrize(
    ("release", "hint"),
    [
        ("fedora-43", "  try: sudo dnf install --assumeyes python3.13"),
        ("ubuntu-24.04", "  try: sudo apt-get install --yes --no-install-recommends python3.13-venv"),
    ],
)
def test_who_may_not_install_is_told_the_command(release: str, hint: str, tmp_path: Path) -> None:
    program = "dnf" if release.startswith("fedora") else "apt-get"
    done = bare(tmp_path, release, program=program, user=1000).run()
    assert done.returncode == 2
    assert done.stderr.splitlines()[-2:] == [
        "no Python 3.11 or newer on PATH, and this user may not install it",
        hint,
    ]


@pytest.mark.parametrize(
    ("release", "program", "seen"),
    [
        ("nixos", "", "no Python 3.11 or newer on PATH"),
        ("rocky-9", "dnf", "no Python 3.11 or newer on PATH, and python3.11 could not be installed: Error: Unable to find a match: python3.11"),
    ],
)  # fmt: skip
def test_where_no_package_brings_one_it_is_said_what_is_needed(
    release: str, program: str, seen: str, tmp_path: Path
) -> None:
    done = bare(tmp_path, release, program=program).run()
    assert done.returncode == 2
    assert done.stderr.splitlines()[-2:] == [
        seen,
        "  try: install Python 3.11 or newer, with its modules venv and ensurepip",
    ]

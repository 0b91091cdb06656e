"""A package as one file, and the libraries that travel with it."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

from orchestrator.computer.content import packages_dir
from orchestrator.computer.zipapp import build_zipapp


def test_pynvml_travels_with_the_validation_and_is_found_there(tmp_path: Path) -> None:
    program = tmp_path / "workloads.pyz"
    program.write_bytes(
        build_zipapp(packages_dir(), "workloads/**/*.py", main="workloads.__main__", libraries=("pynvml",))
    )
    code = f"import sys; sys.path.insert(0, {str(program)!r}); import pynvml, workloads.host.nvml; print(pynvml.__file__)"
    said = subprocess.run(
        (sys.executable, "-S", "-c", code), check=True, capture_output=True, text=True, timeout=30
    )
    assert said.stdout.strip() == f"{program}/pynvml.py"


def test_a_library_that_is_missing_here_is_left_out() -> None:
    archive = zipfile.ZipFile(
        io.BytesIO(
            build_zipapp(packages_dir(), "workloads/*.py", main="workloads.__main__", libraries=("no_such",))
        )
    )
    assert "no_such.py" not in archive.namelist()

"""What the driver's library says, asked by a process of its own that finds the stand-in where it would find the real one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nvml.library import LOST, MISMATCH, STATE_VARIABLE, Gpu, compiled, state

ROOT = Path(__file__).resolve().parents[4]
ASK = """
import json, sys
from gpuhost.probe.nvml import readings
print(json.dumps(readings(sys.argv[1:])))
"""
ONE, OTHER = "cafe:00:1e.0", "cafe:af:00.0"
"""A domain that no real bus has: this computer may have a card and a driver."""
T4 = ["Tesla T4", 15360, 70.0, 70.0, None]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("nvml"))


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [
        ([Gpu(address=ONE)], {ONE: T4}),
        ([Gpu(address=ONE, power_limit=50500)], {ONE: ["Tesla T4", 15360, 50.5, 70.0, None]}),
        (
            [Gpu(address=ONE, power_limit=None, power_default=None, memory=None)],
            {ONE: ["Tesla T4", None, None, None, None]},
        ),
        ([Gpu(address=OTHER), Gpu(address=ONE)], {ONE: T4, OTHER: T4}),
        ([Gpu(address=ONE, name="x" * 96)], {ONE: ["", *T4[1:]]}),
        ([Gpu(address=ONE, error=("address", LOST))], {}),
        ([Gpu(address=ONE, error=("power_limit", LOST))], {ONE: ["Tesla T4", 15360, None, 70.0, None]}),
        ([], {}),
    ],
)
def test_each_card_is_found_by_its_address(
    library: Path, tmp_path: Path, gpus: list[Gpu], expected: dict[str, object]
) -> None:
    assert asked(library, tmp_path, state(*gpus)) == expected


def test_a_driver_of_another_version_than_its_library_says_nothing(library: Path, tmp_path: Path) -> None:
    assert asked(library, tmp_path, state(Gpu(address=ONE), init=MISMATCH)) == {}


def test_a_library_that_is_too_old_for_a_question_answers_the_others(tmp_path: Path) -> None:
    old = compiled(tmp_path, without="nvmlDeviceGetPowerManagementDefaultLimit")
    assert asked(old, tmp_path, state(Gpu(address=ONE))) == {ONE: ["Tesla T4", 15360, 70.0, None, None]}


def test_without_the_library_nothing_is_known(tmp_path: Path) -> None:
    assert asked(tmp_path / "missing/libnvidia-ml.so.1", tmp_path, state(Gpu(address=ONE))) == {}


def asked(library: Path, folder: Path, text: str) -> object:
    """The readings at two addresses, of which there may be a card."""
    (folder / "state").write_text(text, encoding="utf-8")
    told = subprocess.run(
        (sys.executable, "-c", ASK, ONE, OTHER),
        cwd=ROOT,
        env={**os.environ, "LD_LIBRARY_PATH": str(library.parent), STATE_VARIABLE: str(folder / "state")},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return json.loads(told.stdout)

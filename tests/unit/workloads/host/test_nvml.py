"""What NVML says of every card, read through pynvml from the stand-in, in a process of its own that finds it as the real one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.nvml.library import LOST, MISMATCH, STATE_VARIABLE, Gpu, compiled, state

ROOT = Path(__file__).resolve().parents[4]
ASK = """
import json, os, sys
from dataclasses import asdict
from pathlib import Path
from workloads.host.nvml import Watch
file, second = Path(os.environ["NVML_STAND_IN"]), sys.argv[1]
watch = Watch()
before = watch.before()
if second:
    file.write_text(second)
after = watch.after()
print(json.dumps([reading and asdict(reading) for reading in (before, after)]))
"""
ONE, OTHER = "0000:00:1e.0", "0000:af:00.0"
WHOLE = (
    "ecc_mode 1",
    "ecc.1.0 0",
    "ecc.1.1 2",
    "ecc.0.0 5",
    "rows 1 2 0 0",
    "retired.0 3",
    "retired.1 1",
    "page_retirement_pending 0",
    "throttle_reasons 4",
    "violation.1 2000000",
    "temperature.0 41",
    "temperature_threshold.1 90",
    "pcie_width 8",
    "pcie_width_max 16",
    "pcie_replays 7",
    "clock.1 1590",
    "nvlink.0 1",
    "nvlink.1 0",
    "mig_mode 0",
    "compute 1",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("nvml"))


def test_every_card_is_read_with_its_counters(library: Path, tmp_path: Path) -> None:
    before, after = asked(library, tmp_path, state(card(ONE, *WHOLE), card(OTHER)))
    assert before == after
    assert (before["driver"], before["error"]) == ("580.95.05", "")
    first, second = before["gpus"]
    assert (first["name"], first["address"], first["uuid"]) == ("Tesla T4", ONE, "GPU-1e")
    expected = {
        "memory_mib": 15360,
        "ecc_on": 1,
        "ecc_uncorrected_volatile": 0,
        "ecc_uncorrected_aggregate": 2,
        "ecc_corrected_volatile": 5,
        "rows_remapped": 3,
        "row_remap_pending": 0,
        "row_remap_failure": 0,
        "pages_retired": 4,
        "throttle_reasons": 4,
        "thermal_throttle_ms": 2,
        "power_throttle_ms": "not supported",
        "temperature_c": 41,
        "temperature_slowdown_c": 90,
        "power_limit_w": 70.0,
        "pcie_width": 8,
        "pcie_width_max": 16,
        "pcie_replays": 7,
        "clock_sm_mhz": 1590,
        "clock_memory_mhz": "not supported",
        "nvlinks": 2,
        "nvlinks_active": 1,
        "mig_mode": 0,
    }
    assert {name: first["facts"][name] for name in expected} == expected
    program = Path("/proc/1/comm").read_text(encoding="utf-8").strip()
    process = {"pid": 1, "kind": "compute", "memory_mib": 1024, "user": "root", "program": program}
    assert first["processes"] == [process]
    assert second["address"] == OTHER
    unknown = {name for name, value in second["facts"].items() if value == "not supported"}
    assert unknown == set(first["facts"]) - {
        "memory_mib",
        "memory_used_mib",
        "power_limit_w",
        "power_default_w",
    }


def test_a_card_that_is_lost_during_the_job_is_named_and_the_others_are_read(
    library: Path, tmp_path: Path
) -> None:
    lost = Gpu(address=ONE, error=("address", LOST))
    before, after = asked(library, tmp_path, state(card(ONE), card(OTHER)), state(lost, card(OTHER)))
    assert [gpu["address"] for gpu in before["gpus"]] == [ONE, OTHER]
    assert [gpu["address"] for gpu in after["gpus"]] == [OTHER]
    assert after["error"] == "card 0: GPU is lost"


def test_a_counter_that_cannot_be_asked_any_more_is_neither_zero_nor_unsupported(
    library: Path, tmp_path: Path
) -> None:
    faulty = Gpu(address=ONE, error=("power_limit", LOST))
    before, _ = asked(library, tmp_path, state(faulty))
    assert before["gpus"][0]["facts"]["power_limit_w"] == "not readable: GPU is lost"


def test_a_driver_of_another_version_than_its_library_is_told(library: Path, tmp_path: Path) -> None:
    before, after = asked(library, tmp_path, state(card(ONE), init=MISMATCH))
    assert before == after
    assert (before["error"], before["gpus"]) == ("NVML: RM has detected an NVML/RM version mismatch.", [])


def test_without_the_library_nothing_is_read(tmp_path: Path) -> None:
    assert asked(tmp_path / "missing/libnvidia-ml.so.1", tmp_path, state(card(ONE))) == [None, None]


def card(address: str, *more: str) -> Gpu:
    return Gpu(address=address, uuid=f"GPU-{address[8:10]}", more=more)


def asked(library: Path, folder: Path, text: str, second: str = "") -> Any:
    """The readings before and after; in between the library's file becomes `second`."""
    (folder / "state").write_text(text, encoding="utf-8")
    done = subprocess.run(
        (sys.executable, "-c", ASK, second),
        cwd=ROOT,
        env={**os.environ, "LD_LIBRARY_PATH": str(library.parent), STATE_VARIABLE: str(folder / "state")},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return json.loads(done.stdout)

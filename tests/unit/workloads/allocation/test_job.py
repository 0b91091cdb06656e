"""A whole job that asks for free GPUs: NVIDIA's library is the stand-in, and in TensorFlow's place a file says what it is shown."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.nvml.library import STATE_VARIABLE, Gpu, compiled, state

ROOT = Path(__file__).resolve().parents[4]
SHOW = "import os\nraise ValueError('shown ' + os.environ.get('CUDA_VISIBLE_DEVICES', 'all'))"
ONE = Gpu(address="0000:00:1e.0", uuid="GPU-11")
OTHER = Gpu(address="0000:af:00.0", uuid="GPU-22")
BUSY = Gpu(address="0000:00:1e.0", uuid="GPU-11", more=("compute 1",))
RESERVED = ("memory_reserved 471859200", "memory_used 473956352")
"""A card of which the driver keeps 450 MiB for itself."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("nvml"))


def test_one_free_card_is_all_that_the_framework_is_shown(library: Path, tmp_path: Path) -> None:
    left = result(library, tmp_path, state(BUSY, OTHER), "--gpus", "1")
    assert left["error"] == {"type": "ValueError", "message": "shown GPU-22"}
    assert left["gpus"]["allocated"] == ["GPU-22"]
    assert {row["uuid"] for row in left["tables"]["telemetry"]} <= {"GPU-22"}
    assert left["notes"] == [] or all("card 0" not in note for note in left["notes"])


def test_a_card_in_use_is_refused_before_a_framework_is_loaded(library: Path, tmp_path: Path) -> None:
    left = result(library, tmp_path, state(BUSY, OTHER), "--gpus", "all")
    assert left["error"]["type"] == "GpusTakenError"
    assert "GPU-11 (card 0, Tesla T4) is used by root: " in left["error"]["message"]
    assert "(pid 1, 1024 MiB); try --gpus 1" in left["error"]["message"]


def test_without_asking_all_are_shown_and_who_is_on_them_is_told(library: Path, tmp_path: Path) -> None:
    left = result(library, tmp_path, state(BUSY, OTHER))
    assert left["error"]["message"] == "shown all"
    assert left["gpus"]["allocated"] == []
    (note,) = (each for each in left["notes"] if "other processes" in each)
    assert note.startswith(
        "card 0 (Tesla T4, 0000:00:1e.0): other processes used it, so speeds are not its own: 1 (root: "
    )


def test_what_the_driver_keeps_for_itself_takes_no_card(library: Path, tmp_path: Path) -> None:
    idle = Gpu(address=ONE.address, uuid="GPU-11", more=RESERVED)
    assert result(library, tmp_path, state(idle), "--gpus", "1")["gpus"]["allocated"] == ["GPU-11"]


def test_memory_of_a_process_that_is_not_shown_takes_a_card(library: Path, tmp_path: Path) -> None:
    hidden = Gpu(
        address=ONE.address, uuid="GPU-11", more=("memory_reserved 471859200", "memory_used 996147200")
    )
    left = result(library, tmp_path, state(hidden), "--gpus", "1")
    assert "has 500 MiB in use by processes that are not shown here" in left["error"]["message"]


def test_only_cards_that_the_environment_leaves_are_taken(library: Path, tmp_path: Path) -> None:
    shown = {"CUDA_VISIBLE_DEVICES": "GPU-22"}
    left = result(library, tmp_path, state(ONE, OTHER), "--gpus", "2", environ=shown)
    assert (
        left["error"]["message"]
        == "2 free GPUs were asked for, and 1 are free: this job is shown no other card; try --gpus 1"
    )
    assert result(library, tmp_path, state(ONE, OTHER), "--gpus", "1", environ=shown)["gpus"][
        "allocated"
    ] == ["GPU-22"]


def test_where_nothing_is_known_of_cards_none_is_chosen(tmp_path: Path) -> None:
    left = result(tmp_path / "missing/library", tmp_path, state(ONE), "--gpus", "1")
    assert left["error"]["type"] == "NoSuchGpuError"
    assert "is not there, so no card can be chosen" in left["error"]["message"]


def test_a_share_of_memory_is_refused_where_no_card_is_shown(library: Path, tmp_path: Path) -> None:
    left = result(library, tmp_path, state(), "--device", "cpu", "--memory-fraction", "0.5")
    assert left["error"] == {
        "type": "MemoryLimitError",
        "message": "a memory fraction of 0.5 was asked for: it can be set on NVIDIA GPUs only, and this job is shown none",
    }
    assert "memory_limit" in {check["name"] for check in left["checks"]}


def result(
    library: Path, folder: Path, text: str, *options: str, environ: dict[str, str] | None = None
) -> Any:
    (folder / "state").write_text(text, encoding="utf-8")
    (folder / "tensorflow.py").write_text(SHOW, encoding="utf-8")
    shown = {name: value for name, value in os.environ.items() if name != "CUDA_VISIBLE_DEVICES"}
    done = subprocess.run(
        (sys.executable, "-m", "workloads", "smoke", "--result", str(folder / "result.json"), *options),
        cwd=folder,
        env={
            **shown,
            **(environ or {}),
            "LD_LIBRARY_PATH": str(library.parent),
            STATE_VARIABLE: str(folder / "state"),
            "PYTHONPATH": f"{ROOT}{os.pathsep}{folder}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2, done.stderr
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))

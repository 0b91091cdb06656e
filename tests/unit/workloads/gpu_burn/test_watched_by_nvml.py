"""The load beside the telemetry that every job has, on the stand-in for NVIDIA's library: what its counters say decides."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.nvml.library import STATE_VARIABLE, Gpu, compiled, state

ROOT = Path(__file__).resolve().parents[4]
LOAD = """
import json, time
from dataclasses import replace
from io import BytesIO
from tests.unit.workloads.asked import BEGAN
from tests.unit.workloads.gpu_burn.stand_in import ARGUMENTS, T4, Gpu
from workloads.gpu_burn.job import load_and_judge
from workloads.gpu_burn.load.rig import Rig
from workloads.progress import Clock, Record
from workloads.telemetry.sampling import Sampler

clock = Clock(utc=lambda: BEGAN, monotonic=time.monotonic, uptime=time.monotonic, boot_id="")
record = Record(ARGUMENTS, (), clock, BytesIO())
record.listed((T4,))
sampler = Sampler(record.telemetry, record.elapsed_s)
assert sampler.start()
gpu = Gpu()
load_and_judge(record, replace(ARGUMENTS, seconds=3.0), Rig(framework=gpu, engine=gpu, clock=record.elapsed_s, tell=record.step), ["GPU:0"])
sampler.stop()
print(json.dumps({check.name: [check.outcome, check.reason] for check in record.result(None).checks}))
"""
FULL = "memory_used 16000000000"
"""What is free of a card, the load examines in this computer's memory."""
COOL = ("clock.1 1400", "temperature.0 61", "power 69000", "throttle_reasons 4", "pcie_width 16")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("nvml"))


def test_a_card_at_its_power_limit_keeps_its_clocks(library: Path, tmp_path: Path) -> None:
    checks = loaded(library, tmp_path, *COOL)
    assert checks["cards_watched"] == ["passed", ""]
    assert checks["clocks_kept"] == ["passed", ""]


def test_a_card_that_is_too_warm_is_named_with_its_temperature(library: Path, tmp_path: Path) -> None:
    checks = loaded(library, tmp_path, "clock.1 600", "temperature.0 93", "throttle_reasons 64")
    assert checks["cards_watched"] == ["passed", ""]
    outcome, reason = checks["clocks_kept"]
    assert outcome == "failed"
    assert "clocks held back in 100% of the time: too warm (hardware), up to 93 °C" in reason


def loaded(library: Path, folder: Path, *more: str) -> Any:
    card = Gpu(address="0000:00:1e.0", uuid="GPU-a", more=(FULL, *more))
    (folder / "state").write_text(state(card), encoding="utf-8")
    done = subprocess.run(
        (sys.executable, "-c", LOAD),
        cwd=ROOT,
        env={**os.environ, "LD_LIBRARY_PATH": str(library.parent), STATE_VARIABLE: str(folder / "state")},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)

"""Cards are read while a job runs, through the stand-in for NVIDIA's library, in a process that finds it as the real one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.nvml.library import LOST, STATE_VARIABLE, Gpu, compiled, state

ROOT = Path(__file__).resolve().parents[4]
ONE, OTHER = "0000:00:1e.0", "0000:af:00.0"
SAMPLE = """
import json, os, sys, threading, time
from pathlib import Path
from workloads.telemetry.sampling import Sampler
from workloads.telemetry.series import Telemetry

class Watched(Telemetry):
    def __init__(self):
        super().__init__()
        self.read = threading.Semaphore(0)
    def add(self, card, read):
        super().add(card, read)
        self.read.release()

file, texts, wanted = Path(os.environ["NVML_STAND_IN"]), json.loads(sys.argv[1]), json.loads(sys.argv[2])
telemetry, began = Watched(), time.monotonic()
sampler = Sampler(telemetry, lambda: time.monotonic() - began)
started = sampler.start(wanted)
for text in texts if started else ():
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)
    for _ in range(12):
        assert telemetry.read.acquire(timeout=60)
sampler.stop()
rows = list(telemetry.rows())
print(json.dumps([started, threading.active_count(), rows, list(telemetry.summary())]))
"""
BUSY = (
    "utilization 97",
    "memory_used 1073741824",
    "temperature.0 71",
    "power 68000",
    "clock.1 1200",
    "clock.2 5000",
    "throttle_reasons 4",
    "ecc.0.0 3",
    "ecc.1.0 0",
    "rows 1 2 0 0",
    "pcie_width 16",
    "pcie_replays 2",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("nvml"))


def test_a_busy_card_is_read_with_all_that_it_has(library: Path, tmp_path: Path) -> None:
    started, threads, rows, summary = sampled(library, tmp_path, [state(card(ONE, *BUSY))])
    assert (started, threads) == (True, 1)
    first = rows[0]
    expected = {
        "uuid": "GPU-1e",
        "utilization_percent": 97,
        "memory_used_mib": 1024,
        "temperature_c": 71,
        "power_w": 68,
        "clock_sm_mhz": 1200,
        "clock_memory_mhz": 5000,
        "ecc_corrected": 3,
        "ecc_uncorrected": 0,
        "rows_remapped": 3,
        "row_remap_pending": 0,
        "pcie_generation": None,
        "pcie_width": 16,
        "pcie_replays": 2,
        "throttled": "power limit",
        "events": "",
    }
    assert {name: first[name] for name in expected} == expected
    assert 10 <= len(rows) <= 14
    assert rows[1]["ecc_corrected"] is None, "counters are read once a second"
    assert {row["figure"] for row in summary} >= {"power_w", "temperature_c", "throttled: power limit"}


def test_faults_and_the_loss_of_a_card_are_events_at_their_time(library: Path, tmp_path: Path) -> None:
    healthy = state(card(ONE, *BUSY), card(OTHER, *BUSY))
    faulty = state(card(ONE, *BUSY), card(OTHER, *BUSY, "xid 79"))
    gone = state(
        card(ONE, *BUSY),
        Gpu(
            address=OTHER,
            uuid="GPU-00",
            error=("power_limit", LOST),
            more=("error.utilization 15", "xid 79"),
        ),
    )
    _, _, rows, _ = sampled(library, tmp_path, [healthy, faulty, gone])
    happened = [(row["card"], row["events"]) for row in rows if row["events"]]
    assert happened == [(1, "Xid 79"), (1, "unreadable: GPU is lost")]


def test_only_the_cards_of_the_job_are_read(library: Path, tmp_path: Path) -> None:
    text = state(card(ONE), card(OTHER, "power 1000"))
    _, _, rows, _ = sampled(library, tmp_path, [text], wanted=["GPU-af"])
    assert {row["uuid"] for row in rows} == {"GPU-af"}


def test_without_library_or_card_nothing_is_started(library: Path, tmp_path: Path) -> None:
    assert sampled(library, tmp_path, [state()]) == [False, 1, [], []]
    assert sampled(tmp_path / "missing/library", tmp_path, [state(card(ONE))]) == [False, 1, [], []]


def card(address: str, *more: str) -> Gpu:
    return Gpu(address=address, uuid=f"GPU-{address[5:7] if address == OTHER else address[8:10]}", more=more)


def sampled(library: Path, folder: Path, texts: list[str], wanted: list[str] | None = None) -> Any:
    (folder / "state").write_text(texts[0], encoding="utf-8")
    done = subprocess.run(
        (sys.executable, "-c", SAMPLE, json.dumps(texts), json.dumps(wanted or [])),
        cwd=ROOT,
        env={**os.environ, "LD_LIBRARY_PATH": str(library.parent), STATE_VARIABLE: str(folder / "state")},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout)

"""Collections from the stand-in for NVIDIA's library, each in a process of its own that finds it as the real one."""

import json
import os
import subprocess
import sys
from pathlib import Path

from gpuhost.telemetry.snapshot import Snapshot, from_dict
from tests.nvml.library import STATE_VARIABLE, Gpu

ROOT = Path(__file__).resolve().parents[4]
COLLECT = """
import json, os, sys
from pathlib import Path
from gpuhost.telemetry.collect.collector import Collector
file, root, every, *states = sys.argv[1:]
collector = Collector(Path(root), everything_every=int(every))
for number, state in enumerate(states):
    Path(file).unlink(missing_ok=True)
    if state:
        Path(file).write_text(state)
    print(json.dumps(collector.collect(1000.0 + number).as_dict()))
"""

L40S = (
    "memory_used 12884901888",
    "memory_reserved 606076928",
    "minor 0",
    "serial 1320000000001",
    "power 213456",
    "energy 123456789",
    "temperature.0 61",
    "temperature_threshold.0 92",
    "temperature_threshold.1 89",
    "fan 35",
    "utilization 87",
    "memory_utilization 40",
    "clock.0 2520",
    "clock.1 2520",
    "clock.2 9001",
    "clock.3 1965",
    "clock_max.1 2520",
    "clock_max.2 9001",
    "performance_state 0",
    "throttle_reasons 4",
    "ecc_mode 1",
    "ecc.0.0 0",
    "ecc.1.0 0",
    "ecc.0.1 2",
    "ecc.1.1 0",
    "rows 0 1 0 0",
    "pcie_width 16",
    "pcie_width_max 16",
    "pcie_generation 4",
    "pcie_generation_max 4",
    "pcie_replays 0",
    "pcie_throughput.0 1000",
    "pcie_throughput.1 2000",
    "persistence_mode 1",
    "bar1 68719476736 1048576",
    "field.230 0",
    "compute_capability 8 9",
    "encoder 0 167000",
    "decoder 0 167000",
)


def l40s(number: int = 0, *more: str) -> Gpu:
    """One of several; of what stands twice, what is said here counts."""
    return Gpu(
        address=f"0000:{number + 1:02x}:00.0",
        name="NVIDIA L40S",
        memory=48305799168,
        power_limit=350000,
        power_default=350000,
        uuid=f"GPU-{number}",
        more=(*more, *L40S),
    )


def say(file: Path, text: str) -> None:
    """Put the text into the library's file, at once: a program that reads it meanwhile sees the old one or the new one whole."""
    fresh = file.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)


def collected(
    library: Path, folder: Path, *states: str, root: Path | None = None, every: int = 1
) -> list[Snapshot]:
    """A collection for each state of the library's file, one after the other; empty: there is no file."""
    argv = (sys.executable, "-c", COLLECT, str(folder / "state"), str(root or folder), str(every), *states)
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env={**os.environ, "LD_LIBRARY_PATH": str(library.parent), STATE_VARIABLE: str(folder / "state")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [from_dict(json.loads(line)) for line in done.stdout.splitlines()]

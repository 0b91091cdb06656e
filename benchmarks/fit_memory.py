"""How near `orchestrate fit` comes to the peak memory of trainings that are measured on the CPU backend.

    python benchmarks/fit_memory.py [--python ENVIRONMENT/bin/python] [--model NAME]... [--record FOLDER]

Rival: the kernel, which counts what TensorFlow took (benchmarks/bare/training_peak.py). 0.85 to 1.15 of it is what we ask of the estimate.
`--record` writes configurations and peaks into a folder: `tests/unit/fit/measured` is what the unit tests compare with.
"""

import argparse
import csv
import json
import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.workload_overhead import environment
from orchestrator.fit.memory.estimate import total, workload_of
from orchestrator.fit.memory.optimizers import optimizer
from orchestrator.fit.memory.retention import Device
from orchestrator.fit.model.archive import read_config
from orchestrator.fit.model.keras_config import model_of

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "benchmarks/bare/training_peak.py"
MODELS = ("mlp", "cnn", "residual", "transformer")
ASKED = 0.15
COLUMNS = ("model", "batch", "optimizer", "peak_bytes")
ENVIRON = os.environ | {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "MALLOC_ARENA_MAX": "2",
}


def main() -> None:
    """Measure each model in a process of its own and print one line of it."""
    options = argparse.ArgumentParser()
    options.add_argument("--python", type=Path, help="of an environment with TensorFlow and Keras")
    options.add_argument("--model", action="append", choices=MODELS, help="only this one")
    options.add_argument("--record", type=Path, help="a folder for configurations and peaks")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.record or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        python = str(asked.python or environment(Path(temporary)))
        rows = [measure(name, python, folder) for name in asked.model or MODELS]
        if asked.record:
            with (folder / "peaks.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)


def measure(name: str, python: str, folder: Path) -> dict[str, object]:
    """Train it, print what was told before beside what was measured, and return the latter."""
    done = subprocess.run(
        (python, str(PROGRAM), name, str(folder)), check=True, capture_output=True, env=ENVIRON, timeout=3600
    )
    row: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    workload = workload_of(model_of(read_config(folder / f"{name}.json")), Device.CPU)
    told, peak = (
        total(workload, optimizer(str(row["optimizer"])), int(str(row["batch"]))),
        int(str(row["peak_bytes"])),
    )
    verdict = "" if abs(told / peak - 1) <= ASKED else f", more than {ASKED:.0%} off"
    print(
        f"{name:12}  {told / peak:.3f}: told {told / 2**20:,.0f} MiB, measured {peak / 2**20:,.0f} MiB{verdict}",
        flush=True,
    )
    return row


if __name__ == "__main__":
    main()

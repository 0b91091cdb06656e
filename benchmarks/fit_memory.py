"""How near `orchestrate fit` comes to the peak memory of trainings that are measured on the CPU backend.

    python benchmarks/fit_memory.py [--python ENVIRONMENT/bin/python] [--model NAME]... [--record FOLDER]

Rival: the kernel, which counts what TensorFlow took (benchmarks/bare/training_peak.py). Each network is trained twice: as it is, and with a
sixteenth of its widths (a quarter for residual blocks, where oneDNN crashes at less) and one example a batch. The second has the same
operations and next to no tensors, so its peak is what the process takes for the graph itself: Python's objects, TensorFlow's nodes, kernels.
None of that lies on a card. Four operations may run at once, however many cores there are: with one after another the optimizer's
temporaries never meet, and a peak is up to a fifth less. oneDNN's own memory depends on the CPU, with AVX-512 or without. The difference of
both peaks is compared with the estimate and its gaps; 0.85 to 1.15 is what we ask.
`--record` writes configurations and peaks into a folder, for `tests/unit/fit`.
"""

import argparse
import csv
import json
import os
import subprocess
import tempfile
from pathlib import Path

from benchmarks.workload_overhead import environment
from orchestrator.catalog import load
from orchestrator.fit.memory.estimate import total, workload_of
from orchestrator.fit.memory.optimizers import optimizer
from orchestrator.fit.model.archive import read_config
from orchestrator.fit.model.keras_config import model_of

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "benchmarks/bare/training_peak.py"
MODELS = ("mlp", "cnn", "residual", "separable", "transformer", "llama", "lstm", "gru")
NARROW = {"residual": 4}
"""By which part of its widths the graph is measured; a sixteenth where none stands here."""
ASKED = 0.15
MIB = 2**20
COLUMNS = ("model", "batch", "optimizer", "peak_mib", "graph_mib")
ENVIRON = os.environ | {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "MALLOC_MMAP_THRESHOLD_": "131072",
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "MALLOC_ARENA_MAX": "2",
    "TF_NUM_INTEROP_THREADS": "4",
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
    with tempfile.TemporaryDirectory() as unused:
        graph = int(str(trained(name, python, Path(unused), NARROW.get(name, 16))["peak_bytes"])) / MIB
    row = trained(name, python, folder, 1)
    workload = workload_of(model_of(read_config(folder / f"{name}.json")))
    gaps = load().fit_constant("fragmentation").value
    told = total(workload, optimizer(str(row["optimizer"])), int(str(row["batch"]))) * (1 + gaps) / MIB
    whole = int(str(row["peak_bytes"])) / MIB
    peak = whole - graph
    verdict = "" if abs(told / peak - 1) <= ASKED else f", more than {ASKED:.0%} off"
    print(
        f"{name:12}  {told / peak:.3f}: told {told:,.0f} MiB, measured {peak:,.0f} MiB"
        f" ({whole:,.0f} less {graph:,.0f} of the graph){verdict}",
        flush=True,
    )
    return {key: row[key] for key in COLUMNS[:3]} | {"peak_mib": round(whole), "graph_mib": round(graph)}


def trained(name: str, python: str, folder: Path, share: int) -> dict[str, object]:
    """What the program in that environment says of a network with this part of its widths."""
    argv = (python, str(PROGRAM), name, str(folder), str(share))
    done = subprocess.run(argv, check=True, capture_output=True, env=ENVIRON, timeout=3600)
    row: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return row


if __name__ == "__main__":
    main()

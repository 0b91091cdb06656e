"""CPU time of `orchestrate --help` and of an answer of `orchestrate resolve`, beside that of `ansible --version`.

    python benchmarks/cli_startup.py

All are measured in this run on this computer. Prints the medians and their ratios to the rival's: below 1, ours is there
sooner than the tool we drive can say its version. Judges nothing.
"""

import resource
import statistics
import subprocess
import sys
from pathlib import Path

RUNS = 7
PROGRAMS = Path(sys.executable).parent
OURS = {
    "orchestrate --help": ("--help",),
    "orchestrate resolve": ("resolve", "--gpu", "Tesla K80", "--tensorflow", "2.14", "--explain"),
}
RIVAL = "ansible --version"


def main() -> None:
    """Measure in turns, so that a change in the computer's load meets both."""
    spent: dict[str, list[float]] = {name: [] for name in (*OURS, RIVAL)}
    for _ in range(RUNS):
        for name, words in OURS.items():
            spent[name].append(cpu_seconds((str(PROGRAMS / "orchestrate"), *words)))
        spent[RIVAL].append(cpu_seconds((str(PROGRAMS / "ansible"), "--version")))
    medians = {name: statistics.median(seconds) for name, seconds in spent.items()}
    for name, seconds in medians.items():
        ratio = "" if name == RIVAL else f", {seconds / medians[RIVAL]:.2f} of the rival's"
        print(f"{name:20} {seconds:.3f} s CPU (median of {RUNS}){ratio}")


def cpu_seconds(argv: tuple[str, ...]) -> float:
    """User and system time of the program and its children, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()

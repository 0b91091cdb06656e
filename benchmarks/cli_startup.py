"""CPU time of `orchestrate --help` beside that of `ansible --version`, both measured in this run on this computer.

    python benchmarks/cli_startup.py

Prints the two medians and their ratio: below 1, our help is there sooner than the tool we drive can say its version.
Judges nothing.
"""

import resource
import statistics
import subprocess
import sys
from pathlib import Path

RUNS = 7
PROGRAMS = Path(sys.executable).parent


def main() -> None:
    """Measure in turns, so that a change in the computer's load meets both."""
    ours: list[float] = []
    rival: list[float] = []
    for _ in range(RUNS):
        ours.append(cpu_seconds((str(PROGRAMS / "orchestrate"), "--help")))
        rival.append(cpu_seconds((str(PROGRAMS / "ansible"), "--version")))
    print(f"orchestrate --help   {statistics.median(ours):.3f} s CPU (median of {RUNS})")
    print(f"ansible --version    {statistics.median(rival):.3f} s CPU (median of {RUNS})")
    print(f"ratio                {statistics.median(ours) / statistics.median(rival):.2f}")


def cpu_seconds(argv: tuple[str, ...]) -> float:
    """User and system time of the program and its children, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(argv, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()

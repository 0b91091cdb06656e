"""What looking at eight cards costs: one collection, and the service at one look a second.

    python benchmarks/telemetry.py [--seconds N]

The cards are played by the stand-in for NVIDIA's library (tests/nvml), which answers each call from a file that it keeps in memory. Rivals: what
`gpustat` and `nvitop` take for one look at the same cards, from an environment that is made and removed. Asked are at most 20 ms of processor time for a
collection, and for the service less than 30 MB of memory and 0.5 % of a processor.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "collections")]

from ansible_collections.orchestrate.gpu.plugins.action.gpuhost import packed  # noqa: E402  the folder has to be known

from gpuhost.telemetry.daemon.bytecode import compiled as byte_code  # noqa: E402  as above
from orchestrator.waiting import NotYet, wait_for  # noqa: E402  as above
from tests.nvml.library import STATE_VARIABLE, compiled, state  # noqa: E402  as above
from tests.unit.gpuhost.telemetry.stand_in import l40s  # noqa: E402  as above

CARDS = 8
COLLECTION_MS, MEMORY_MB, PROCESSOR_PERCENT = 20.0, 30.0, 0.5
RIVALS = ("gpustat==1.1.1", "nvitop==1.7.2")
LOOKS = 200
COLLECT = f"""
import time
from gpuhost.telemetry.collect.collector import Collector
collector = Collector()
collector.collect(time.time())
before = time.process_time()
for _ in range({LOOKS}):
    collector.collect(time.time())
print((time.process_time() - before) / {LOOKS} * 1000)
"""
GPUSTAT = f"""
import time
from gpustat import GPUStatCollection
GPUStatCollection.new_query()
before = time.process_time()
for _ in range({LOOKS // 4}):
    GPUStatCollection.new_query()
print((time.process_time() - before) / {LOOKS // 4} * 1000)
"""
NVITOP = f"""
import time
from nvitop import Device
cards = Device.all()
before = time.process_time()
for _ in range({LOOKS // 4}):
    for card in cards:
        card.as_snapshot(), card.processes()
print((time.process_time() - before) / {LOOKS // 4} * 1000)
"""
SERVICE = """
import sys; sys.path.insert(0, sys.argv[1])
from pathlib import Path
from gpuhost.telemetry.daemon.loop import Places, watch
sys.exit(watch(24, Places(Path(sys.argv[2]), Path(sys.argv[3]))))
"""


def main() -> None:
    """Measure and print, each beside its limit."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=60, help="how long the service is watched")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ = played(folder)
        ours = collection(folder, environ)
        print(
            f"one collection of {CARDS} cards  {ours:6.2f} ms    limit {COLLECTION_MS:g}: {ours / COLLECTION_MS:.0%} of it"
        )
        python = rivals(folder)
        for rival, code in (("gpustat", GPUSTAT), ("nvitop", NVITOP)):
            theirs = printed((python, "-c", code), environ)
            print(f"  one look by {rival:8}         {theirs:6.2f} ms    {theirs / ours:.0f} times as long")
        memory, percent = service(folder, environ, asked.seconds)
        print(
            f"the service's memory         {memory:6.1f} MB    limit {MEMORY_MB:g}: {memory / MEMORY_MB:.0%} of it"
        )
        print(
            f"the service's processor time {percent:6.2f} %     limit {PROCESSOR_PERCENT:g}: {percent / PROCESSOR_PERCENT:.0%} of it"
        )


def played(folder: Path) -> dict[str, str]:
    """The environment in which the library plays eight busy cards."""
    pids = [os.getpid(), os.getppid()]
    more = (
        *(f"nvlink.{link} 1" for link in range(18)),
        "field.82 60",
        f"compute {pids[0]}:1073741824 {pids[1]}:4096",
    )
    (folder / "state").write_text(state(*(l40s(number, *more) for number in range(CARDS))))
    library = compiled(folder)
    return {**os.environ, "LD_LIBRARY_PATH": str(library.parent), STATE_VARIABLE: str(folder / "state")}


def collection(folder: Path, environ: dict[str, str]) -> float:
    """Milliseconds of processor time, the quickest of three runs."""
    del folder
    return min(printed((sys.executable, "-c", COLLECT), environ) for _ in range(3))


def rivals(folder: Path) -> str:
    """The Python of an environment with them."""
    subprocess.run((sys.executable, "-m", "venv", str(folder / "rivals")), check=True)
    python = str(folder / "rivals/bin/python")
    subprocess.run(
        (python, "-m", "pip", "--quiet", "install", *RIVALS), check=True, stderr=subprocess.DEVNULL
    )
    return python


def service(folder: Path, environ: dict[str, str], seconds: int) -> tuple[float, float]:
    """Megabytes that are resident, and percent of a processor, once it has started."""
    for name in ("cache", "run", "lib"):
        (folder / name).mkdir()
    (folder / "gpuhost").write_bytes(packed())
    program = byte_code(folder / "gpuhost", folder / "cache")
    argv = (sys.executable, "-ESsB", "-c", SERVICE, str(program), str(folder / "run"), str(folder / "lib"))
    with subprocess.Popen(argv, env=environ, cwd="/") as process:
        try:
            wait_for(
                "the service",
                lambda: (folder / "run/snapshot.json").exists() or NotYet("nothing"),
                timeout_s=60,
            )
            began, spent = time.monotonic(), used_s(process.pid)
            wait_for(
                "its time", lambda: time.monotonic() - began >= seconds or NotYet(""), timeout_s=seconds + 60
            )
            percent = 100 * (used_s(process.pid) - spent) / (time.monotonic() - began)
            resident = Path(f"/proc/{process.pid}/status").read_text().partition("VmRSS:")[2].split()[0]
        finally:
            process.kill()
    assert len(json.loads((folder / "run/snapshot.json").read_text())["cards"]) == CARDS  # noqa: S101  it looked at all
    return int(resident) / 1024, percent


def used_s(pid: int) -> float:
    """Processor time of a process, to the microsecond."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def printed(argv: tuple[str, ...], environ: dict[str, str]) -> float:
    """The number that a program prints."""
    done = subprocess.run(
        argv, env=environ, cwd=ROOT, check=True, capture_output=True, text=True, timeout=600
    )
    return float(done.stdout.split()[-1])


if __name__ == "__main__":
    main()

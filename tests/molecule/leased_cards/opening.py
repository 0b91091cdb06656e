"""Jobs that say that they may use another's card: what they can open is what the host says of itself.

opening.py CARDS LEVEL      fails unless the host says so, and it is so
"""

import json
import subprocess
import sys
from pathlib import Path

TOLD = Path("/run/orchestrate-leases/leases.json")
TRY = """
import errno, os, sys
os.environ["CUDA_VISIBLE_DEVICES"] = "0,1,2,3"
for number in range(int(sys.argv[1])):
    try:
        os.close(os.open(f"/dev/nvidia{number}", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError as error:
        print(number, errno.errorcode[error.errno])
    else:
        print(number, "opened")
"""
REFUSED = {"control group": "EPERM", "hidden nodes": "EACCES"}


def main() -> None:
    count, level = int(sys.argv[1]), sys.argv[2]
    told = json.loads(TOLD.read_text())["enforcement"]
    assert told["level"] == level, told
    others = [run("--detach", "sleep", "60").stdout.strip() for _ in range(count - 1)]
    try:
        job = run("python3", "-c", TRY, str(count))
        found = dict(line.split() for line in job.stdout.splitlines() if line[:1].isdigit())
        own = str(count - 1)
        expected = {str(number): REFUSED[level] for number in range(count)}
        assert {**expected, own: found[own]} == found, (found, job.stderr)
        assert found[own] != REFUSED[level], found
        says = "control groups do not refuse" in job.stdout + job.stderr
        assert says is (level != "control group"), job.stdout
    finally:
        subprocess.run(("gpuhost", "cancel", "--wait", *others), check=True, capture_output=True)


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(("withgpu", *words), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done


main()

"""Twenty jobs at once on four cards: never two on one, in the order in which they came, and what is killed is free within two seconds.

Run as root, who may kill; the jobs are those of whoever is named.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

JOBS, CARDS, FREE_WITHIN_S, KILLED = 20, 4, 2.0, 5
TOLD = Path("/run/orchestrate-leases/leases.json")
BEFORE = ("runuser", "-u", sys.argv[1], "--")


def submitted() -> list[int]:
    """Their numbers in the order of arrival; the processes that ask run at the same time."""
    argv = (*BEFORE, "gpuhost", "run", "--detach", "--", "sleep", "3")
    asking = [subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for _ in range(JOBS)]
    return sorted(int(each.communicate(timeout=60)[0]) for each in asking)


def jobs(numbers: list[int]) -> list[dict[str, Any]]:
    return [job for job in json.loads(TOLD.read_text())["jobs"] if job["id"] in numbers]


def main() -> None:
    began, numbers, freed = time.monotonic(), submitted(), []  # type: float, list[int], list[float]
    killed: set[int] = set()
    while True:
        now = jobs(numbers)
        has = [job for job in now if job["state"] in ("starting", "running")]
        devices = [device for job in has for device in job["devices"]]
        assert len(devices) == len(set(devices)) <= CARDS, has
        if len(has) == CARDS and len(killed) < KILLED:
            number = has[len(killed) % CARDS]["id"]
            if number not in killed and (seconds := seconds_until_free(number)) is not None:
                killed.add(number)
                freed.append(seconds)
        if all(job["state"] == "ended" for job in now):
            break
        assert time.monotonic() - began < 120, now
        pause(0.02)
    begun = [job["id"] for job in sorted(now, key=lambda job: (job["starts_at"], job["id"]))]
    assert begun == numbers, f"they began as {begun}"
    results = {job["id"]: job["result"] for job in now}
    assert all(results[number] == ("signal KILL" if number in killed else "success") for number in numbers), (
        results
    )
    assert len(freed) == KILLED, freed
    assert max(freed) < FREE_WITHIN_S, freed
    print(json.dumps({"freed_s": freed, "seconds": round(time.monotonic() - began, 1)}))


def seconds_until_free(number: int) -> "float | None":
    """From the death of a job's first process to its card being free; None where it had ended before."""
    unit = f"orchestrate-run-{number}.service"
    argv = ("systemctl", "show", "--value", "--property=MainPID", unit)
    pid = int(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)
    if not pid:
        return None
    os.kill(pid, 9)
    began = time.monotonic()
    until(lambda: jobs([number])[0]["state"] == "ended")
    return round(time.monotonic() - began, 3)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        pause(0.01)


def pause(seconds: float) -> None:
    threading.Event().wait(seconds)


main()

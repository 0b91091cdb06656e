"""Where the service, the jobs and whoever asks for one find each other's files."""

from __future__ import annotations

from pathlib import Path

RUN = Path("/run/orchestrate-leases")
SOCKET = RUN / "socket"
ENDED = RUN / "ended.sh"
"""The program that writes down how a job ended."""
TOLD = RUN / "leases.json"
"""What everybody may know of devices, jobs and the queue."""
CONFIG = Path("/etc/orchestrate/leases.json")
KEPT = Path("/var/lib/orchestrate/leases")
JOBS = KEPT / "jobs"
PROGRAM = Path("/usr/local/lib/orchestrate/gpuhost")

SLICE = "orchestrate-run.slice"
"""All jobs, and what serves them."""

ORDER, LEASE, LOG, END = "order.json", "lease.json", "output.log", "ended"
"""In a job's folder: what was asked for, which its user alone may read; what it got; what it prints; how it ended."""


def folder(number: int) -> Path:
    """Of a job."""
    return JOBS / str(number)

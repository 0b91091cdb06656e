"""What speaks against a host's cards now, compared with what was read of them when they were certified. Reads only, runs no job.

For `gpuhost recheck`, which has it run by the host's own Python as root: root reads the whole of the kernel's log, also of earlier
starts of the machine, in which the journal has the faults that a restart hides.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from gpuhost.xid import kernel_log
from workloads.host import health
from workloads.host.nvml import Watch
from workloads.result.evidence import GpuReading, GpuReadings

_JOURNAL = (
    *("journalctl", "_TRANSPORT=kernel", "--grep=Xid|fallen off the bus", "--case-sensitive=yes"),
    *("--no-pager", "--quiet", "--lines=100000", "--output=json"),
    "--output-fields=MESSAGE,SYSLOG_FACILITY,_SOURCE_MONOTONIC_TIMESTAMP",
)


def main() -> int:
    """Print `faults`, `unread` and `xids`, each a list of lines, as JSON; the first argument is the file with what was certified.

    Raises OSError, ValueError, KeyError or TypeError for a file that is none.
    """
    certified = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    since = datetime.fromisoformat(certified["proved_at"].replace("Z", "+00:00"))
    known, log = certified.get("xids", []), logged(since)
    before = replace(readings(certified["gpus"]), xids=tuple(known))
    now = Watch().before()
    sys.stdout.write(json.dumps(compared(before, now, log)) + "\n")
    return 0


def logged(since: datetime) -> tuple[str, ...] | None:
    """Faults in the kernel's log: of this start of the machine all, of earlier ones those since then. None: it cannot be read."""
    now = kernel_log.xids()
    earlier = kernel_log.xids(path="", journal=(*_JOURNAL, f"--since=@{since.timestamp():.0f}"))
    if now is None:
        return None
    return tuple(dict.fromkeys((*(earlier[0] if earlier else ()), *now[0])))


def readings(told: Mapping[str, Any] | None) -> GpuReadings:
    """The cards as a result has them; none where there was no library to ask. Raises KeyError or TypeError."""
    if told is None:
        return GpuReadings(driver="", error="", gpus=(), xids=(), xids_from="")
    gpus = (GpuReading(**{**each, "processes": ()}) for each in told["gpus"])
    return GpuReadings(driver=told["driver"], error="", gpus=tuple(gpus), xids=(), xids_from="")


def compared(
    certified: GpuReadings, now: GpuReadings | None, log: tuple[str, ...] | None
) -> dict[str, list[str]]:
    """What speaks against the cards, and what cannot be told. Pure.

    Args:
        certified: with the faults that were known then.
        now: None where there is no library to ask.
        log: faults in the kernel's log; None where it cannot be read.
    """
    seen = replace(now or replace(certified, gpus=()), xids=log or ())
    # Without a library no card is lost: it was not asked.
    before = certified if now else replace(certified, gpus=())
    faults = [
        fault.replace("during the job", "since it was certified").replace(
            "before the job", "when it was certified"
        )
        for fault in health.faults(before, seen)
    ]
    faults += [
        f"card {gpu.index} ({gpu.name}, {gpu.address}): {wish}" for gpu in seen.gpus for wish in _wishes(gpu)
    ]
    unread = [now.error] if now and now.error and not faults else []
    if certified.gpus and now is None:
        unread.append("NVIDIA's management library (libnvidia-ml.so.1) is not there any more")
    if certified.gpus and log is None:
        unread.append("neither the kernel's log nor the journal can be read: faults (Xid) are unknown")
    return {"faults": faults, "unread": unread, "xids": list(log or ())}


def _wishes(gpu: GpuReading) -> Iterator[str]:
    """What the driver wants done to the card before it is used again; a certificate is no more than UNSURE or FAIL with it."""
    action = gpu.facts.get("recovery_action")
    if isinstance(action, int) and action:
        yield f"its driver asks for a recovery (action {action} of nvmlDeviceGpuRecoveryAction_t)"
    if 1 in (gpu.facts.get("row_remap_pending"), gpu.facts.get("page_retirement_pending")):
        yield "a faulty memory row or page is in use until its next reset (pending)"

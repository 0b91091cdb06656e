"""Whether somebody or something uses this host: jobs, logins, processors, GPUs. Changes nothing.

A process of its own answers for the GPUs, because NVIDIA's library can hang in the driver, and nothing that waits for it then can
be ended. The driver is not held in between, so that it can be exchanged.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import time
from pathlib import Path

from gpuhost import program, systemd
from gpuhost.files import text
from gpuhost.lifetime.limits import Limits
from gpuhost.nvml import INSUFFICIENT_SIZE, NO_DRIVER, Nvml, Utilisation

CPU_TIME = (Path("/sys/fs/cgroup/cpu.stat"), Path("/sys/fs/cgroup/unified/cpu.stat"))
"""Of all that runs on the host; in a container, of all that runs in the container. The second where groups are of both
versions."""

JOBS = "orchestrate-job-*.service"
"""The units that validation and training run as."""

ASK_S = 20.0
"""The library needs two seconds to wake a card that nobody uses."""

GPUS = "gpus"
"""The subcommand that answers for them."""

RUNNING = tuple(f"nvmlDeviceGetComputeRunningProcesses{version}" for version in ("_v3", "_v2", ""))


class Watch:
    """Looks again and again; what it saw before tells how much the processors did since."""

    def __init__(self) -> None:
        self._cpu: tuple[float, float] | None = None
        self._asked: subprocess.Popen[bytes] | None = None

    def use(self, limits: Limits) -> str:
        """What the host is in use by, empty when by nothing. What cannot be seen counts as a use: the other limits hold."""
        # Each look asks for this, or the next one would average over more than the time since this one.
        cpus = self._cpus()
        try:
            if systemd.running(JOBS):
                return "a job"
            if logged_in():
                return "somebody who is logged in"
            if cpus > limits.busy_cpus:
                return f"programs on {cpus:.1f} processors"
            return "a GPU" if self._gpus(limits.busy_gpu_percent) else ""
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return f"what cannot be seen: {error}"

    def _cpus(self) -> float:
        """Processors in use on average since the look before; 0 at the first."""
        now = (time.monotonic(), cpu_seconds())
        before, self._cpu = self._cpu, now
        return (now[1] - before[1]) / max(now[0] - before[0], 0.001) if before else 0.0

    def _gpus(self, percent: float) -> bool:
        if self._asked and self._asked.poll() is None:
            return True
        self._asked, answer, _complaint = program.ask("lifetime", GPUS, str(percent), seconds=ASK_S)
        return self._asked.returncode != 0 or answer.strip() != "idle"


def logged_in() -> bool:
    """Whether somebody is: by systemd's sessions, which know those without a terminal, or by the terminals."""
    return bool(systemd.logins(systemd.sessions())) or bool(program.output(("who",)).strip())


def cpu_seconds() -> float:
    """Processor time that all programs have used. Where control groups do not tell, the machine's own count does."""
    for file in CPU_TIME:
        used = re.search(r"^usage_usec (\d+)$", text(file), re.MULTILINE)
        if used:
            return int(used[1]) / 1e6
    user, nice, system = map(int, Path("/proc/stat").read_text().split(maxsplit=4)[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def gpus_busy(percent: float) -> bool:
    """Whether a card computes for more than that part of its time, or for any process. Raises OSError: it cannot be told."""
    try:
        nvml = Nvml()
    except OSError:
        return False  # no driver, so no use of it
    code = nvml.code("nvmlInit_v2")
    if code == NO_DRIVER:
        return False
    if code != 0:
        raise OSError(f"NVIDIA's library refuses with code {code}")
    count = nvml.number("nvmlDeviceGetCount_v2")
    if count is None:
        raise OSError("NVIDIA's library does not count its cards")
    # One that fell off its bus computes nothing.
    return any(card_busy(nvml, card, percent) for n in range(count) if (card := nvml.card(n)) is not None)


def card_busy(nvml: Nvml, card: ctypes.c_void_p, percent: float) -> bool:
    """Whether the card is in use. A card that is cut up (MIG) does not tell how much, but for which processes."""
    use = nvml.filled(Utilisation(), "nvmlDeviceGetUtilizationRates", card)
    if use is not None and use.gpu > percent:
        return True
    # Room for none: the answer is whether there are any. Only a newer driver knows the newer forms of the question.
    codes = (nvml.code(form, card, ctypes.byref(ctypes.c_uint(0)), None) for form in RUNNING)
    return next((code for code in codes if code is not None), 0) == INSUFFICIENT_SIZE

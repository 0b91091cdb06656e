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
from collections.abc import Iterable
from pathlib import Path

from gpuhost import program
from gpuhost.files import text
from gpuhost.lifetime.limits import Limits

SESSIONS = Path("/run/systemd/sessions")
CPU_TIME = (Path("/sys/fs/cgroup/cpu.stat"), Path("/sys/fs/cgroup/unified/cpu.stat"))
"""Of all that runs on the host; in a container, of all that runs in the container. The second where groups are of both
versions."""

JOBS = "orchestrate-job-*.service"
"""The units that validation and training run as."""

ASK_S = 20.0
"""The library needs two seconds to wake a card that nobody uses."""

GPUS = "gpus"
"""The subcommand that answers for them."""

LIBRARY = "libnvidia-ml.so.1"
NO_DRIVER = 9
INSUFFICIENT_SIZE = 7
"""nvml.h: the driver is not loaded; there is more to tell than there was room for."""

RUNNING = tuple(f"nvmlDeviceGetComputeRunningProcesses{version}" for version in ("_v3", "_v2", ""))


class Watch:
    """Looks again and again; what it saw before tells how much the processors did since."""

    def __init__(self) -> None:
        self._cpu: tuple[float, float] | None = None
        self._hung: subprocess.Popen[bytes] | None = None

    def use(self, limits: Limits) -> str:
        """What the host is in use by, empty when by nothing. What cannot be seen counts as a use: the other limits hold."""
        # Each look asks for this, or the next one would average over more than the time since this one.
        cpus = self._cpus()
        try:
            if jobs_run():
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
        if self._hung and self._hung.poll() is None:
            return True
        child = subprocess.Popen(
            program.argv("lifetime", GPUS, str(percent)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            answer, _ = child.communicate(timeout=ASK_S)
        except subprocess.TimeoutExpired:
            # Waiting for its death could be waiting for ever.
            child.kill()
            self._hung = child
            return True
        return child.returncode != 0 or answer.strip() != b"idle"


def jobs_run() -> bool:
    """Whether a job of ours is on its way."""
    argv = ("systemctl", "list-units", "--plain", "--no-legend", "--state=active,activating", JOBS)
    return bool(asked(argv))


def logged_in() -> bool:
    """Whether somebody is: by systemd's sessions, which know those without a terminal, or by the terminals."""
    # Beside each session lies a pipe, which nobody may wait on.
    files = (path for path in SESSIONS.glob("*") if path.is_file())
    return any(is_a_login(path.read_text()) for path in files) or bool(asked(("who",)))


def is_a_login(session: str) -> bool:
    """Whether systemd's file of a session tells of a person who is still there."""
    told = dict(line.partition("=")[::2] for line in session.splitlines())
    return told.get("CLASS", "").startswith("user") and told.get("STATE") in {"active", "online", "opening"}


def cpu_seconds() -> float:
    """Processor time that all programs have used. Where control groups do not tell, the machine's own count does."""
    for file in CPU_TIME:
        used = re.search(r"^usage_usec (\d+)$", text(file), re.MULTILINE)
        if used:
            return int(used[1]) / 1e6
    user, nice, system = map(int, Path("/proc/stat").read_text().split(maxsplit=4)[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def asked(argv: tuple[str, ...]) -> str:
    """What the program prints. Raises OSError or SubprocessError."""
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=ASK_S, check=True, text=True
    )
    return done.stdout.strip()


class _Utilisation(ctypes.Structure):
    """nvmlUtilization_t, in percent."""

    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


def gpus_busy(percent: float) -> bool:
    """Whether a card computes for more than that part of its time, or for any process. Raises OSError: it cannot be told."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError:
        return False  # no driver, so no use of it
    code = library.nvmlInit_v2()
    if code == NO_DRIVER:
        return False
    if code != 0:
        raise OSError(f"NVIDIA's library refuses with code {code}")
    return any(card_busy(library, card, percent) for card in cards(library))


def cards(library: ctypes.CDLL) -> Iterable[ctypes.c_void_p]:
    """Every card that can be asked; one that fell off its bus computes nothing."""
    count = ctypes.c_uint()
    if library.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
        raise OSError("NVIDIA's library does not count its cards")
    for number in range(count.value):
        card = ctypes.c_void_p()
        if library.nvmlDeviceGetHandleByIndex_v2(number, ctypes.byref(card)) == 0:
            yield card


def card_busy(library: ctypes.CDLL, card: ctypes.c_void_p, percent: float) -> bool:
    """Whether the card is in use. A card that is cut up (MIG) does not tell how much, but for which processes."""
    use = _Utilisation()
    if library.nvmlDeviceGetUtilizationRates(card, ctypes.byref(use)) == 0 and use.gpu > percent:
        return True
    for name in RUNNING:
        try:
            running = library[name]
        except AttributeError:  # a driver that is older than this form of the question
            continue
        # Room for none: the answer is whether there are any.
        return bool(running(card, ctypes.byref(ctypes.c_uint(0)), None) == INSUFFICIENT_SIZE)
    return False

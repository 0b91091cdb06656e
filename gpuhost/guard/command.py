"""Mend a mismatch of loaded and installed driver: a timer runs this as root, where role `gpu_telemetry` was given a window.

    gpuhost guard --window 02:00-05:00 [--restart]

Nothing is ended but services that are started again: leases, jobs and programs on the cards are waited for.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from gpuhost import program, systemd
from gpuhost.files import text, write
from gpuhost.guard.decision import RELOAD, RESTART, Uses, decide, may_restart, window
from gpuhost.probe.holders import gpu_holders
from gpuhost.telemetry import read
from gpuhost.telemetry.collect.processes import unit

JOBS = ("orchestrate-run-*.service", "orchestrate-job-*.service", "orchestrate-recheck-proof.service")
SERVICES = (
    *("orchestrate-telemetry.service", "orchestrate-exporter.service", "orchestrate-leases.service"),
    *("nvidia-persistenced.service", "nvidia-fabricmanager.service", "nvidia-dcgm.service"),
    *("zabbix-agent.service", "zabbix-agent2.service"),
)
"""What may have the driver open, loses nothing when it is stopped, and is started again."""

MODULES = ("nvidia_uvm", "nvidia_drm", "nvidia_modeset", "nvidia_peermem", "nvidia")
"""In the order in which they can go."""

RESTARTED = Path("/var/lib/orchestrate/guard")
"""The mismatch for which the host was restarted last."""

_VERSION = Path("/sys/module/nvidia/version")
_FAILED = (OSError, subprocess.SubprocessError)


def main(arguments: Sequence[str]) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="gpuhost guard", description="Bring an exchanged driver into use.")
    parser.add_argument("--window", required=True, help="part of each day, such as 02:00-05:00")
    parser.add_argument("--restart", action="store_true", help="restart the host where nothing else helps")
    given = parser.parse_args(arguments)
    try:
        verdict = decide(read.now(), window(given.window), datetime.now().time(), uses())  # noqa: DTZ005  the owner's clock
        _say(f"{verdict.action}: {verdict.reason}")
        if verdict.action != RELOAD:
            return 0
        if reloaded():
            _say(f"driver {text(_VERSION)} is in use")
            return 0
        return _restarted(verdict.reason, allowed=given.restart)
    except (*_FAILED, ValueError) as error:
        _say(str(error))
        return 1


def uses() -> Uses:
    """What runs now. Raises OSError or SubprocessError: what cannot be seen may be in use."""
    people = tuple(sorted({login["USER"] for login in systemd.logins(systemd.sessions())}))
    return Uses(jobs=systemd.running(*JOBS), holders=tuple(_holders()), people=people)


def reloaded() -> bool:
    """Exchange the kernel's modules for those that are installed, and say whether that came about.

    Raises OSError or SubprocessError where systemd does not say which services run: nothing was done.
    """
    stopped = [each for each in SERVICES if each in systemd.running(*SERVICES)]
    before = text(_VERSION)
    try:
        for each in stopped:
            program.output(("systemctl", "stop", each))
        there = [each for each in MODULES if (Path("/sys/module") / each).is_dir()]
        program.output(("rmmod", *there))
        for each in reversed(there):
            program.output(("modprobe", each))
    except _FAILED as error:
        said = getattr(error, "stderr", "") or str(error)
        _say(f"the driver could not be exchanged: {said.strip()}")
    finally:
        # What runs on a half-exchanged driver says so; what does not run says nothing.
        for each in reversed(stopped):
            subprocess.run(("systemctl", "start", "--no-block", each), stdin=subprocess.DEVNULL, check=False)
    return text(_VERSION) not in {"", before}


def _restarted(cause: str, *, allowed: bool) -> int:
    verdict = may_restart(uses(), cause, text(RESTARTED), allowed=allowed)
    _say(f"{verdict.action}: {verdict.reason}")
    if verdict.action != RESTART:
        return 1
    RESTARTED.parent.mkdir(parents=True, exist_ok=True)
    write(RESTARTED, cause, lasting=True)
    program.output(("systemctl", "reboot", "--no-block"))
    return 0


def _holders() -> Iterator[str]:
    for each in gpu_holders(Path("/")):
        if unit(text(Path(f"/proc/{each.pid}/cgroup"))) not in SERVICES:
            yield f"{each.command} (pid {each.pid}, {each.user})"


def _say(told: str) -> None:
    sys.stderr.write(f"gpuhost guard: {told}\n")

"""What systemd tells of units, sessions and its own start, and what a service tells it. Changes nothing else."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from gpuhost.program import output

SESSIONS = Path("/run/systemd/sessions")


def properties(text: str) -> dict[str, str]:
    """The values of lines that are `Name=value`."""
    return dict(line.partition("=")[::2] for line in text.splitlines())


def shown_units(shown: str) -> list[dict[str, str]]:
    """The properties of each unit, of what `systemctl show` prints."""
    return [unit for block in shown.split("\n\n") if "Id" in (unit := properties(block))]


def running(*patterns: str) -> tuple[str, ...]:
    """Names of the units that run or start. Raises OSError or SubprocessError."""
    argv = ("systemctl", "list-units", "--plain", "--no-legend", "--state=active,activating", *patterns)
    return tuple(line.split()[0] for line in output(argv).splitlines() if line.strip())


def sessions() -> Iterator[str]:
    """What systemd keeps of each session, in files. Raises OSError."""
    # Beside each session lies a pipe, which nobody may wait on.
    return (path.read_text() for path in sorted(SESSIONS.glob("*")) if path.is_file())


def logins(sessions: Iterable[str]) -> list[dict[str, str]]:
    """The sessions of people who are there. A user's own manager is a session too, of class `manager`."""
    told = map(properties, sessions)
    there = (one for one in told if one.get("STATE") in {"active", "online", "opening"})
    return [one for one in there if one.get("CLASS", "").startswith("user")]


def started() -> tuple[int, float]:
    """When the first process began, in the kernel's ticks, and the seconds since.

    In a container that is not when the computer was started. The clock runs on while a machine is suspended.
    """
    # Behind the name in brackets, which may hold anything, starttime is the twentieth field (proc(5)).
    ticks = int(Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19])
    seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return ticks, max(seconds, 0.0)


def notify(state: str) -> None:
    """Tell systemd, if it runs us (sd_notify(3))."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        if address:
            channel.sendto(state.encode(), address.replace("@", "\0", 1))

"""Slurm's view of its hosts, and telling it what to make of one, by `scontrol`."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass

OURS = "orchestrate: "
"""How a reason begins that is told from here; what somebody else drained stays so."""
_SECONDS = 30.0
_NODE = re.compile(r"^NodeName=(\S+) ", re.MULTILINE)


@dataclass(frozen=True)
class SlurmHost:
    """What Slurm says of one host."""

    name: str
    flags: frozenset[str]
    """`IDLE`, `MIXED`, `DOWN`, `DRAIN`, `POWERED_DOWN`, `POWERING_UP`, `NOT_RESPONDING` …"""
    reason: str = ""

    @property
    def off(self) -> bool:
        """Slurm has had it stopped, or is about to."""
        return bool(self.flags & {"POWERED_DOWN", "POWERING_DOWN", "POWER_DOWN"})

    @property
    def held(self) -> bool:
        """It is drained from here."""
        return "DRAIN" in self.flags and self.reason.startswith(OURS)

    @property
    def idle(self) -> bool:
        """It runs, and no job does there."""
        return "IDLE" in self.flags and not self.off and not self.flags & {"POWERING_UP", "COMPLETING"}


class Scontrol:
    """The controller's own `scontrol`."""

    def names(self, expression: str) -> tuple[str, ...]:
        """The hosts that an expression such as `train-[2-4]` stands for. Raises OSError or SubprocessError."""
        return tuple(_output("show", "hostnames", expression).split())

    def hosts(self) -> dict[str, SlurmHost]:
        """All hosts, by name. Raises OSError or SubprocessError."""
        shown = _output("--oneliner", "show", "node")
        return {host.name: host for host in map(parsed, shown.splitlines()) if host is not None}

    def set_state(self, host: str, state: str, reason: str = "") -> None:
        """Have Slurm take a host for `down`, `drain`, `resume`, `power_down`, `power_down_force`. Raises OSError or SubprocessError."""
        _output(
            "update", f"NodeName={host}", f"State={state}", *((f"Reason={OURS}{reason}",) if reason else ())
        )

    def reread(self) -> None:
        """Have Slurm read its settings anew. Raises OSError or SubprocessError."""
        _output("reconfigure")


def parsed(line: str) -> SlurmHost | None:
    """A host from a line of `scontrol --oneliner show node`; None for what is no such line."""
    name = _NODE.search(line)
    state = re.search(r" State=(\S+)", line)
    reason = re.search(r" Reason=(.*?)(?: \[\S+@\S+\])?(?: Comment=.*| Extra=.*)?$", line)
    if name is None or state is None:
        return None
    flags = frozenset(state[1].rstrip("*~#%$@^!-").split("+"))
    return SlurmHost(name=name[1], flags=flags, reason=reason[1].strip() if reason else "")


def _output(*words: str) -> str:
    done = subprocess.run(
        ("scontrol", *words),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=True,
        text=True,
    )
    return done.stdout

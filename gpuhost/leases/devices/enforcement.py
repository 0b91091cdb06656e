"""Whether this host's kernel keeps a job from the devices that it did not get. Really tried, never concluded from versions.

A transient unit that may open nothing tries to open the cards' nodes. Where control groups do not refuse them (in most containers,
and for numbers that every unit may open), the nodes are hidden from the unit, and it tries again as an ordinary user.
"""

from __future__ import annotations

import errno
import os
import stat
import subprocess
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gpuhost import program
from gpuhost.leases.places import PROGRAM

CONTROL_GROUP, HIDDEN, NONE = "control group", "hidden nodes", "none"
OPENED = "opened"
MISSING = "ENOENT"
REFUSED = frozenset({"EPERM", "EACCES"})
TRIAL = Path("/dev/.orchestrate-leases-trial")
"""A node that is made where the host has no card."""
TRIAL_NUMBERS = ((5, 1), (10, 200), (10, 229), (1, 11))
"""Console, tun, fuse, kmsg: a node of the first that can be opened here is tried. `DevicePolicy=closed` allows none of them."""
NOBODY = 65534
_TRY_S = 30.0
_PROPERTIES = ("DevicePolicy=closed", "RuntimeMaxSec=20")


@dataclass(frozen=True)
class Enforcement:
    """What was found."""

    level: str
    """CONTROL_GROUP: the kernel refuses every node that was not given; HIDDEN: the nodes of other cards are not there for a job,
    unless root runs it; NONE: a job can open every card."""
    why: str
    """A plain sentence."""
    checked_at: float = 0.0

    @property
    def hides(self) -> bool:
        """Whether nodes are to be hidden."""
        return self.level == HIDDEN

    def statement(self) -> str:
        """For who starts a job; empty where there is nothing to know."""
        return "" if self.level == CONTROL_GROUP else self.why


def attempted(paths: Iterable[str]) -> dict[str, str]:
    """What opening each of them comes to: OPENED, or the name of the error."""
    return {path: _opened(path) for path in paths}


def attempted_apart(paths: tuple[str, ...]) -> dict[str, str]:
    """The same in a process of its own: a driver can hang, and nothing that waits for it then can be ended."""
    if not paths:
        return {}
    _child, answer, _complaint = program.ask("leases", "try", *paths, seconds=_TRY_S)
    return _parsed(answer)


def check(cards: tuple[str, ...], now: float) -> Enforcement:
    """Try it, with the nodes of these cards, or of another device where there are none. Raises nothing."""
    try:
        tried = attempted_apart(cards)
        # What is not there, or nobody can open here, tells nothing of what a unit may.
        can = tuple(node for node in cards if tried.get(node, MISSING) not in REFUSED | {MISSING})
        if can:
            return judged(can, _in_unit(can), lambda: _in_unit(can, hidden=True), now)
        with _Trial() as node:
            if node is None:
                return Enforcement(NONE, "no device can be opened here, so nothing could be tried", now)
            return judged((node,), _in_unit((node,)), lambda: _in_unit((node,), hidden=True), now)
    except (OSError, subprocess.SubprocessError) as error:
        return Enforcement(NONE, f"whether devices are refused could not be tried: {error}", now)


class _Trial:
    """The node, while it is tried; None where none can be made that can be opened."""

    def __enter__(self) -> str | None:
        for major, minor in TRIAL_NUMBERS:
            TRIAL.unlink(missing_ok=True)
            with suppress(OSError):
                os.mknod(TRIAL, stat.S_IFCHR | 0o600, os.makedev(major, minor))
                TRIAL.chmod(0o666)
                if _opened(str(TRIAL)) not in REFUSED:
                    return str(TRIAL)
        return None

    def __exit__(self, *_: object) -> None:
        TRIAL.unlink(missing_ok=True)


def judged(
    nodes: tuple[str, ...], closed: Mapping[str, str], hidden: Callable[[], Mapping[str, str]], now: float
) -> Enforcement:
    """What follows from what the unit met, which could open nothing that was closed, and if that was not so, could not see it."""
    open_ = [node for node in nodes if closed.get(node) not in REFUSED]
    if not open_:
        return Enforcement(CONTROL_GROUP, "the kernel refuses a job every device that it did not get", now)
    could = f"a job that was given no device could open {open_[0]} ({closed.get(open_[0], 'no answer')})"
    seen = hidden()
    still = [node for node in nodes if seen.get(node) not in REFUSED | {MISSING}]
    if not still:
        return Enforcement(
            HIDDEN,
            f"control groups do not refuse devices here: {could}. The nodes of other cards are hidden from jobs instead, which keeps "
            "all but root's jobs from them",
            now,
        )
    return Enforcement(
        NONE,
        f"devices are not enforced here: {could}. Whoever ignores their lease can use another's card",
        now,
    )


def _in_unit(nodes: tuple[str, ...], *, hidden: bool = False) -> dict[str, str]:
    """What `gpuhost leases try` meets in a unit that was given no device."""
    properties = [*_PROPERTIES, *((f"InaccessiblePaths={node}" for node in nodes) if hidden else ())]
    argv = (
        *("systemd-run", "--quiet", "--collect", "--wait", "--pipe", "--no-ask-password"),
        *((f"--uid={NOBODY}",) if hidden else ()),
        *(f"--property={each}" for each in properties),
        *(str(PROGRAM), "leases", "try", *nodes),
    )
    done = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TRY_S, text=True, check=False
    )
    return _parsed(done.stdout)


def _parsed(answer: str) -> dict[str, str]:
    """A line for each path: it, and what opening it came to."""
    pairs = (line.rpartition(" ") for line in answer.splitlines())
    return {path: what for path, _, what in pairs if path}


def _opened(path: str) -> str:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "unknown")
    os.close(handle)
    return OPENED

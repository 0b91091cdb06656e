"""Apply settings that could shut out whoever applies them: the host takes them back by itself unless they are confirmed in time.

`apply` arms a timer of systemd before anything changes. Then the caller proves a fresh connection from elsewhere. `confirm`
disarms the timer. Whatever happens in between to the caller or to the connection, the host goes back. Knows nothing of what the
settings are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

NO_TIMER = 5
"""How `systemctl restart` ends for a unit that is not there."""


@dataclass(frozen=True)
class Rollback:
    """How a host goes back to the settings before."""

    unit: str
    """Name of the timer and of its service, without a suffix."""
    description: str
    command: tuple[str, ...]
    marker: Path
    """There as long as the settings are unconfirmed. The last that going back removes."""
    properties: tuple[str, ...] = ()
    """Of the service."""


def apply(rollback: Rollback, seconds: int, load: Callable[[], object]) -> None:
    """Arm the timer, then load the settings. Where that fails, the host goes back at once and the error is raised."""
    arm(rollback, seconds)
    try:
        load()
    except (HostError, OSError):
        run(("systemctl", "start", f"{rollback.unit}.service"))
        run(("systemctl", "stop", f"{rollback.unit}.timer"))
        raise


def arm(rollback: Rollback, seconds: int) -> None:
    """Start the timer; one that a run before has left starts anew, and goes back to what was before that."""
    timer = f"{rollback.unit}.timer"
    hint, again = f"systemctl status {timer}", run(("systemctl", "restart", timer))
    if again.returncode == 0:
        return
    if again.returncode != NO_TIMER:
        raise HostError(
            f"the timer {timer} cannot be started anew: {again.stderr.strip()}", hint, again.stderr
        )
    command = (
        "systemd-run",
        f"--unit={rollback.unit}",
        f"--description={rollback.description}",
        f"--on-active={seconds}s",
        "--timer-property=AccuracySec=1s",
        "--property=Type=oneshot",
        *(f"--property={one}" for one in rollback.properties),
        "--collect",
        *rollback.command,
    )
    succeed(command, hint)


def confirm(rollback: Rollback) -> None:
    """Disarm the timer. Raises HostError when the host has gone back, or is about to."""
    run(("systemctl", "stop", f"{rollback.unit}.timer"))
    state = run(("systemctl", "show", "--property=ActiveState", "--value", f"{rollback.unit}.service")).stdout
    if state.strip() in ("activating", "active") or not rollback.marker.exists():
        raise HostError(
            "they were confirmed too late", "set a longer time until they are taken back, and repeat"
        )
    rollback.marker.unlink()

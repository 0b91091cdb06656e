"""How progress looks: moving lines in a terminal, plain lines elsewhere. Writes to standard error only."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from orchestrator.progress import Progress

if TYPE_CHECKING:
    from rich.console import RenderableType


@contextmanager
def shown(*, moving: bool) -> Iterator[Progress]:
    """Show progress while the block runs: moving lines, or plain ones for logs and pipes."""
    if not moving:
        yield PlainProgress()
        return
    from rich.console import Console
    from rich.live import Live

    progress = MovingProgress()
    console = Console(stderr=True)
    with Live(get_renderable=progress.render, console=console, refresh_per_second=8, transient=False):
        yield progress
        progress.finish()


class PlainProgress:
    """A line when a stage begins, and when a host turns to something else. Never rewrites one."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._last: dict[str, str] = {}
        self._lock = threading.Lock()

    def stage(self, name: str, detail: str) -> None:
        """See `Progress.stage`."""
        self._say(f"{name}: {detail}")

    def host(self, host: str, activity: str) -> None:
        """See `Progress.host`. Tasks of one role, and batches of one epoch, are one line."""
        topic = _topic(activity)
        with self._lock:
            if self._last.get(host) == topic:
                return
            self._last[host] = topic
        self._say(f"  {host}: {topic}")

    def note(self, text: str) -> None:
        """See `Progress.note`."""
        self._say(f"  {text}")

    def _say(self, text: str) -> None:
        click.echo(f"[{time.monotonic() - self._began:6.1f} s] {text}", err=True)


class MovingProgress:
    """The stages so far with their times, and below the current one a line for each host."""

    def __init__(self) -> None:
        self._done: list[tuple[str, str, float]] = []
        self._notes: list[str] = []
        self._current: tuple[str, str] | None = None
        self._since = time.monotonic()
        self._hosts: dict[str, str] = {}
        self._lock = threading.Lock()

    def stage(self, name: str, detail: str) -> None:
        """See `Progress.stage`."""
        with self._lock:
            self._close()
            self._current, self._since = (name, detail), time.monotonic()
            self._hosts.clear()

    def host(self, host: str, activity: str) -> None:
        """See `Progress.host`."""
        with self._lock:
            self._hosts[host] = activity

    def note(self, text: str) -> None:
        """See `Progress.note`."""
        with self._lock:
            self._notes.append(text)

    def finish(self) -> None:
        """Nothing more will happen."""
        with self._lock:
            self._close()
            self._hosts.clear()

    def render(self) -> "RenderableType":
        """What the terminal shows now."""
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(width=1)
        grid.add_column(min_width=9)
        grid.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        grid.add_column(justify="right")
        with self._lock:
            for name, detail, seconds in self._done:
                grid.add_row(Text("✓", "green"), name, Text(detail, "dim"), f"{seconds:.1f} s")
            for note in self._notes:
                grid.add_row("", "", Text(note, "yellow"), "")
            if self._current:
                name, detail = self._current
                elapsed = time.monotonic() - self._since
                grid.add_row(Spinner("dots"), Text(name, "bold"), detail, f"{elapsed:.0f} s")
            for host, activity in self._hosts.items():
                grid.add_row("", Text(host, "cyan"), Text(activity), "")
        return grid

    def _close(self) -> None:
        if self._current:
            self._done.append((*self._current, time.monotonic() - self._since))
            self._current = None


def _topic(activity: str) -> str:
    """The part that stays while details change: `ml_env` of `ml_env: Install …`."""
    parts = activity.split(": ", 1)
    return parts[0] if len(parts) == 1 or " " in parts[0] else activity if "epoch" in parts[1] else parts[0]

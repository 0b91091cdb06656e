"""How progress looks: moving lines in a terminal, plain lines elsewhere. Writes to standard error only."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from orchestrator.progress import Progress
from orchestrator.sanitize import sanitized_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live


@contextmanager
def progress_display(*, moving: bool) -> Iterator[Progress]:
    """Show progress while the block runs: moving lines, or plain ones for logs and pipes."""
    if not moving:
        yield PlainProgress()
        return
    from rich.console import Console
    from rich.live import Live

    progress = MovingProgress()
    console = Console(stderr=True)
    live = Live(get_renderable=progress.render, console=console, refresh_per_second=8, transient=False)
    with live:
        progress.live = live
        yield progress
        progress.finish()


class PlainProgress:
    """A line when a stage begins, and for each new topic of a host. Never rewrites one."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def stage(self, name: str, detail: str) -> None:
        """See `Progress.stage`."""
        with self._lock:
            self._shown.clear()
            self._say(f"{name}: {detail}")

    def host(self, host: str, topic: str, detail: str = "") -> None:  # noqa: ARG002 - a log has no room for it
        """See `Progress.host`."""
        with self._lock:
            if (host, topic) not in self._shown:
                self._shown.add((host, topic))
                self._say(f"  {host}: {topic}")

    def note(self, text: str) -> None:
        """See `Progress.note`."""
        with self._lock:
            self._say(f"  {text}")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """See `Progress.paused`."""
        with self._lock:
            yield

    def _say(self, text: str) -> None:
        indent = text[: len(text) - len(text.lstrip(" "))]
        click.echo(f"[{time.monotonic() - self._began:6.1f} s] {indent}{sanitized_line(text)}", err=True)


class MovingProgress:
    """The stages so far with their times, and below the current one a line for each host."""

    def __init__(self) -> None:
        self._done: list[tuple[str, str, float]] = []
        self._notes: list[str] = []
        self._current: tuple[str, str] | None = None
        self._since = time.monotonic()
        self._hosts: dict[str, str] = {}
        self._lock = threading.Lock()
        self.live: Live | None = None
        """What draws it; None while nothing does."""

    def stage(self, name: str, detail: str) -> None:
        """See `Progress.stage`."""
        with self._lock:
            self._close()
            self._current, self._since = (name, sanitized_line(detail)), time.monotonic()
            self._hosts.clear()

    def host(self, host: str, topic: str, detail: str = "") -> None:
        """See `Progress.host`."""
        with self._lock:
            self._hosts[host] = sanitized_line(f"{topic}: {detail}" if detail else topic)

    def note(self, text: str) -> None:
        """See `Progress.note`."""
        with self._lock:
            self._notes.append(sanitized_line(text))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """See `Progress.paused`. What was drawn is wiped, and drawn again below what was typed."""
        if self.live is None:
            yield
            return
        self.live.transient = True
        self.live.stop()
        self.live.transient = False
        try:
            yield
        finally:
            self.live.start()

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

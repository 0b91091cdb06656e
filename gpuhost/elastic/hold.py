"""How long hosts may idle: what slurm.conf includes, and putting it off while somebody works on them. The caller holds the lock."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gpuhost.elastic.settings import NO_END_S
from gpuhost.files import text, write

FIRST_HOLD_S = 1800.0
"""In a new cluster no host is stopped for so long, unless a hold ends before: it is still being set up and proved."""
_LONGEST_MINUTES = 24 * 60.0


class Hold:
    """A hold, which lapses by itself: whoever began it may be gone.

    Args:
        file: where it is written down until when it lasts.
        conf: what slurm.conf includes.
        idle_s: seconds that a host may idle, where nothing is held.
        reread: has Slurm read its settings anew.
    """

    def __init__(self, file: Path, conf: Path, idle_s: int, reread: Callable[[], None]) -> None:
        self._file = file
        self._conf = conf
        self._idle_s = idle_s
        self._reread = reread

    @property
    def lasts(self) -> bool:
        """Whether there is one, be it that it has lapsed."""
        return self._file.exists()

    @property
    def lapsed(self) -> bool:
        """Whether there is one whose time is over."""
        return self.lasts and self._until() <= time.time()

    def prepare(self) -> None:
        """Have the file there that slurm.conf includes, before Slurm reads it. The first time a hold begins."""
        if not self._conf.exists():
            write(self._file, str(time.time() + FIRST_HOLD_S))
        write(self._conf, _idle_time(NO_END_S if self._until() > time.time() else self._idle_s))

    def begin(self, minutes: float) -> None:
        """Stop none for so long."""
        write(self._file, str(time.time() + min(minutes, _LONGEST_MINUTES) * 60))
        self._let_idle(NO_END_S)

    def end(self) -> None:
        """Let idle hosts be stopped again."""
        self._file.unlink(missing_ok=True)
        self._let_idle(self._idle_s)

    def _let_idle(self, seconds: int) -> None:
        wanted = _idle_time(seconds)
        if text(self._conf) != wanted.strip():
            write(self._conf, wanted)
            # It is read, even where a host that does not answer makes the command late.
            with suppress(subprocess.SubprocessError):
                self._reread()

    def _until(self) -> float:
        with suppress(ValueError):
            return float(text(self._file))
        return 0.0


def _idle_time(seconds: int) -> str:
    return f"# By `gpuhost elastic`, which puts it off while somebody works on the hosts.\nSuspendTime={seconds}\n"

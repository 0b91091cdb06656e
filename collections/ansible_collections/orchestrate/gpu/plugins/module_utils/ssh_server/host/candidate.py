"""sshd's files as they are and as they would be: copied into a folder, so that sshd itself says what it would use.

Changes nothing but the folder of its own.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config.settings import (
    Line,
    Settings,
    includes,
    parse_file,
    parse_settings,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.network_sockets import read
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

SSHD = "/usr/sbin/sshd"
MAIN = Path("/etc/ssh/sshd_config")
SEPARATION = Path("/run/sshd")
"""sshd says nothing without it, and systemd makes it only when ssh.service starts (sshd(8), FILES)."""


class SettingsError(Exception):
    """sshd refuses its files; the text is what it said."""


class Candidate:
    """sshd's files as they would be, copied into a folder."""

    def __init__(self, wish: Wish, options: Sequence[str], folder: Path) -> None:
        self._wish = wish
        self._options = options
        self._folder = folder
        self._copies: set[Path] = set()
        self._copy(MAIN)

    def settings(self, user: str = "", client: str = "", address: str = "", port: int = 0) -> Settings:
        """What sshd would use, for a user and a client where they are given. Raises SettingsError."""
        spec = f"user={user},host={client},addr={client or '127.0.0.1'},laddr={address or '127.0.0.1'},lport={port or 22}"
        context = ("-C", spec) if user else ()
        return effective((*self._options, *context, "-f", str(self._place(MAIN))))

    def _place(self, path: Path) -> Path:
        return self._folder / path.relative_to("/")

    def _copy(self, path: Path) -> None:
        if path in self._copies:
            return
        self._copies.add(path)
        own = Path(self._wish.own_file)
        text = self._wish.settings if path == own else read(path)
        if path == MAIN and self._wish.add_include and not includes(parse_file(str(path), text), str(own)):
            text = f"Include {own}\n{text}"
        lines = []
        for line in text.splitlines():
            patterns = include_patterns(line)
            for pattern in patterns:
                for included in {*expand(pattern), *([own] if own.match(pattern) else ())}:
                    self._copy(included)
            moved = " ".join(str(self._place(Path(pattern))) for pattern in patterns)
            lines.append(f"Include {moved}" if patterns else line)
        place = self._place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def prepared(wish: Wish, options: Sequence[str]) -> Iterator[Candidate]:
    """The files as they would be, in a temporary folder that goes with the context."""
    folder = Path(tempfile.mkdtemp(prefix="ssh_server-"))
    try:
        yield Candidate(wish, options, folder)
    finally:
        shutil.rmtree(folder)


def include_patterns(line: str) -> list[str]:
    """The patterns of an Include line, with the folder that sshd takes them from."""
    words = re.match(r"\s*include[\s=]+(.*)$", line, re.IGNORECASE)
    patterns = shlex.split(words[1], comments=True) if words else []
    return [pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}" for pattern in patterns]


def expand(pattern: str) -> list[Path]:
    """The files that a pattern means."""
    return sorted(path for path in Path("/").glob(pattern.lstrip("/")) if path.is_file())


def effective(options: Sequence[str]) -> Settings:
    """What sshd lists with these options. Raises SettingsError."""
    if not SEPARATION.exists():
        SEPARATION.mkdir(mode=0o755)
    done = run((SSHD, "-T", *options))
    if done.returncode != 0:
        raise SettingsError(done.stderr.strip() or f"sshd -T ended with exit code {done.returncode}")
    return parse_settings(done.stdout)


def read_files() -> list[Line]:
    """The lines of every file that sshd reads."""
    found: list[Line] = []
    waiting, seen = [MAIN], set()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        text = read(path)
        found += parse_file(str(path), text)
        waiting += [
            one for line in text.splitlines() for pattern in include_patterns(line) for one in expand(pattern)
        ]
    return found

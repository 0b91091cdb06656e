"""sshd's files as they are and as they would be: copied into a folder, so that sshd itself says what it would use.

Changes nothing but the folder of its own.
"""

from __future__ import annotations

from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.access.facts import Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.ssh_server.config import settings
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run

SSHD = "/usr/sbin/sshd"
SEPARATION = Path("/run/sshd")
"""sshd says nothing without it, and systemd makes it only when ssh.service starts (sshd(8), FILES)."""


class SettingsError(Exception):
    """sshd refuses its files; the text is what it said."""


class Candidate:
    """sshd's files as they would be, copied into a folder."""

    def __init__(self, wish: Wish, options: tuple[str, ...], folder: Path) -> None:
        self._wish = wish
        self._options = options
        self._folder = folder
        self._copies: set[Path] = set()
        self._copy(settings.MAIN)

    def effective(
        self, user: str = "", client: str = "", address: str = "", port: int = 0
    ) -> settings.Settings:
        """What sshd would use, for a user and a client where they are given. Raises SettingsError."""
        spec = f"user={user},host={client},addr={client or '127.0.0.1'},laddr={address or '127.0.0.1'},lport={port or 22}"
        context = ("-C", spec) if user else ()
        SEPARATION.mkdir(mode=0o755, exist_ok=True)
        done = run((SSHD, "-T", *self._options, *context, "-f", str(self._place(settings.MAIN))))
        if done.returncode != 0:
            raise SettingsError(done.stderr.strip() or f"sshd -T ended with exit code {done.returncode}")
        return settings.parse_settings(done.stdout)

    def _place(self, path: Path) -> Path:
        return self._folder / path.relative_to("/")

    def _copy(self, path: Path) -> None:
        if path in self._copies:
            return
        self._copies.add(path)
        own = settings.FILE
        text = self._wish.settings if path == own else text_of(path)
        if path == settings.MAIN and self._wish.add_include and not settings.includes(text, own):
            text = f"Include {own}\n{text}"
        lines = []
        for line in text.splitlines():
            patterns = settings.include_patterns(line)
            for pattern in patterns:
                for included in {*expand(pattern), *([own] if own.match(pattern) else ())}:
                    self._copy(included)
            moved = " ".join(str(self._place(Path(pattern))) for pattern in patterns)
            lines.append(f"Include {moved}" if patterns else line)
        place = self._place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("\n".join(lines) + "\n", encoding="utf-8")


def expand(pattern: str) -> list[Path]:
    """The files that a pattern means."""
    return sorted(path for path in Path("/").glob(pattern.lstrip("/")) if path.is_file())


def read_files() -> list[settings.Line]:
    """The lines of every file that sshd reads but the role's own."""
    found: list[settings.Line] = []
    waiting, seen = [settings.MAIN], {settings.FILE}
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        text = text_of(path)
        found += settings.parse_file(str(path), text)
        for line in text.splitlines():
            waiting += [one for pattern in settings.include_patterns(line) for one in expand(pattern)]
    return found

"""The way to a host for programs of this computer that speak through OpenSSH: rsync, and streams that are followed."""

import secrets
import shlex
from dataclasses import dataclass, field

_OPTIONS = {
    "StrictHostKeyChecking": "yes",
    # A connection that is shared with the user's other sessions would not end with this process.
    "ControlMaster": "no",
    "ControlPath": "none",
    "ServerAliveInterval": 5,
    "ServerAliveCountMax": 3,
}
_MARKED = 'printf %s "$1"; shift; exec "$@"'
"""A constant program, run by sh: what the login shell prints before the mark is not the program's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How programs of this computer get to a host."""

    host: str
    """Its name, for messages."""
    program: str = ""
    """The OpenSSH client; empty for this very computer."""
    words: tuple[str, ...] = ()
    """Options and the host, in this order."""
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    """What ssh is started with beside the environment; where it is not empty, ssh may ask for a password, and finds it there."""

    def argv(self, *there: str) -> tuple[str, ...]:
        """The command line that runs a program there."""
        if not self.program:
            return there
        return (*self._client(), "-T", "-a", "-x", *self.words, "--", shlex.join(there))

    def marked(self, *there: str) -> tuple[str, tuple[str, ...]]:
        """A mark, and the command line of a program that prints behind it."""
        mark = f"<{secrets.token_hex(8)}>"
        return mark, self.argv("sh", "-c", _MARKED, "sh", mark, *there)

    def rsync_words(self) -> tuple[str, ...]:
        """What tells rsync how to get there."""
        if not self.program:
            return ()
        return ("--rsh", shlex.join((*self._client(), "-a", "-x", *self.words[:-1])))

    def place(self, path: str) -> str:
        """A path there, as rsync names it."""
        return f"{self.words[-1]}:{path}" if self.program else path

    def _client(self) -> tuple[str, ...]:
        asks = {"BatchMode": "no" if self.environment else "yes"}
        pairs = (word for name, value in (_OPTIONS | asks).items() for word in ("-o", f"{name}={value}"))
        return (self.program, *pairs)

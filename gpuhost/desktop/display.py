"""The files of a user's display: its password, the key that lets programs open it, what a dead X server left. Starts no server."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""None that is taken for another one."""
LENGTH = 8
"""VNC's authentication knows no more."""
SHORTEST = 6
"""tigervncpasswd refuses less."""
SERVERS = frozenset({"Xtigervnc", "Xvnc"})
READY_S = 30.0


@dataclass(frozen=True)
class Display:
    """A display of X11, and where its user's files are."""

    number: int
    home: Path
    temporary: Path = Path("/tmp")  # noqa: S108  the locks and sockets of X11 are there

    @property
    def password(self) -> Path:
        """One line, for people and programs."""
        return self.home / ".config/orchestrate/vnc-password"

    @property
    def hashed(self) -> Path:
        """The password as the X server reads it; whoever reads it knows the password."""
        return self.password.with_name("vnc-passwd")

    @property
    def authority(self) -> Path:
        """The keys to displays."""
        return self.home / ".Xauthority"

    @property
    def socket(self) -> Path:
        """Where its X server answers."""
        return self.temporary / f".X11-unix/X{self.number}"


class DisplayError(Exception):
    """Ends the program with a cause and a next step, one line each."""

    def __init__(self, cause: str, hint: str) -> None:
        super().__init__(f"{cause}\n  try: {hint}")


def prepare(display: Display) -> None:
    """Make what the X server needs to start. Raises DisplayError."""
    remove_lock(display)
    display.password.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    anew = f"remove {display.password} to have a new one made"
    line = f"{password(display)}\n"
    write(display.hashed, output_of(("tigervncpasswd", "-f"), line, "tigervncpasswd failed", anew))
    add_key(display)


def wait_until_ready(display: Display, timeout_s: float) -> None:
    """Return when the X server answers. Raises DisplayError when it does not."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                return connection.connect(str(display.socket))
        except OSError as error:
            if time.monotonic() > end:
                raise DisplayError(
                    f"display :{display.number} does not answer: {error}",
                    "read journalctl -u 'orchestrate-vnc@*'",
                ) from error
        threading.Event().wait(0.1)


def password(display: Display) -> str:
    """The user's password, made where there is none. Raises DisplayError for one that VNC cannot take."""
    file = display.password
    found = file.read_text(encoding="utf-8").strip() if file.exists() else ""
    if not found:
        found = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        write(file, f"{found}\n".encode())
    if not SHORTEST <= len(found) <= LENGTH:
        raise DisplayError(
            f"{file} holds {len(found)} characters",
            f"write {SHORTEST} to {LENGTH} into it, or remove it to have a new one made",
        )
    file.chmod(0o600)
    return found


def add_key(display: Display) -> None:
    """Let this user's programs open the display, with a new key. It goes through stdin: others see the words of a command."""
    file = display.authority
    file.touch(mode=0o600)
    output_of(
        ("xauth", "-b", "-q", "-f", str(file), "source", "-"),
        f"add :{display.number} . {secrets.token_hex(16)}\n",
        f"xauth cannot write {file}",
        f"remove {file}, or make space in {display.home}",
    )


def remove_lock(display: Display) -> None:
    """Remove what a dead X server left. Raises DisplayError where another one is alive, or somebody else's."""
    lock = display.temporary / f".X{display.number}-lock"
    with suppress(OSError, ValueError):
        process = int(lock.read_text())
        if Path(f"/proc/{process}/comm").read_text().strip() in SERVERS:
            raise DisplayError(
                f"process {process} has display :{display.number} already",
                "end it, or set `display` in vnc_users to another",
            )
    try:
        lock.unlink(missing_ok=True)
        display.socket.unlink(missing_ok=True)
    except OSError as error:
        raise DisplayError(
            f"{error.filename} is somebody else's: {error}",
            "remove it as root, or set `display` in vnc_users to another",
        ) from error


def output_of(argv: tuple[str, ...], given: str, cause: str, hint: str) -> bytes:
    """What the program makes of its standard input. Raises DisplayError where it fails."""
    done = subprocess.run(argv, input=given.encode(), capture_output=True, check=False)
    if done.returncode != 0:
        raise DisplayError(f"{cause}: {done.stderr.decode(errors='replace').strip()}", hint)
    return done.stdout


def write(path: Path, content: bytes) -> None:
    """Replace the file in one step, for this user alone to read."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)

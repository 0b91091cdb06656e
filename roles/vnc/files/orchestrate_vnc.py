#!/usr/bin/env -S python3 -EsB
"""What a display needs of its user's files. Runs as that user, before the X server and after it; draws nothing.

orchestrate_vnc.py prepare DISPLAY   a password, the X server's form of it, a key to the display; no lock of a dead server
orchestrate_vnc.py ready DISPLAY     wait until the X server answers
orchestrate_vnc.py forget            remove the passwords
"""

import os
import pwd
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

HOME = Path(pwd.getpwuid(os.getuid()).pw_dir)
FOLDER = HOME / ".config/orchestrate"
PASSWORD = FOLDER / "vnc-password"
"""One line, for people and programs."""
HASHED = FOLDER / "vnc-passwd"
"""As the X server reads it; whoever reads it knows the password."""
AUTHORITY = HOME / ".Xauthority"

LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""None that is taken for another one."""
LENGTH = 8
"""VNC's authentication knows no more."""
SHORTEST = 6
"""tigervncpasswd refuses less."""

SERVICES = ("xfconfd", "xfce4-notifyd", "dconf", "at-spi-dbus-bus", "dbus")
"""The last one starts anew when somebody calls it."""
SERVERS = frozenset({"Xtigervnc", "Xvnc"})
READY_S = 30.0


class DisplayError(Exception):
    """Ends the program with a cause and a next step, one line each."""

    def __init__(self, cause: str, hint: str) -> None:
        super().__init__(f"{cause}\n  try: {hint}")


def prepare(display: int) -> None:
    """Make what the X server needs to start. Raises DisplayError."""
    clear_lock(display)
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    put(HASHED, obfuscated(password()))
    allow(display)


def ready(display: int) -> None:
    """Return when the display answers. Raises DisplayError when it does not."""
    end = time.monotonic() + READY_S
    while True:
        try:
            with socket.socket(socket.AF_UNIX) as talk:
                talk.connect(f"/tmp/.X11-unix/X{display}")  # noqa: S108  the place is that of X11
        except OSError as error:
            if time.monotonic() > end:
                raise DisplayError(
                    f"display :{display} does not answer: {error}", "read journalctl -u 'orchestrate-vnc@*'"
                ) from error
            threading.Event().wait(0.1)
        else:
            return


def forget() -> None:
    """Remove the passwords; another role's file beside them stays. End what the desktop started on the user's bus."""
    subprocess.run(
        ("systemctl", "--user", "stop", *SERVICES),
        env=os.environ | {"XDG_RUNTIME_DIR": f"/run/user/{os.getuid()}"},
        capture_output=True,
        check=False,  # without a manager nothing runs
    )
    for file in (PASSWORD, HASHED):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        FOLDER.rmdir()


def password() -> str:
    """The user's password, made where there is none. Raises DisplayError for one that VNC cannot take."""
    told = PASSWORD.read_text(encoding="utf-8").strip() if PASSWORD.exists() else ""
    if not told:
        told = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        put(PASSWORD, f"{told}\n".encode())
    if not SHORTEST <= len(told) <= LENGTH:
        raise DisplayError(
            f"{PASSWORD} holds {len(told)} characters",
            f"write {SHORTEST} to {LENGTH} into it, or remove it to have a new one made",
        )
    PASSWORD.chmod(0o600)
    return told


def obfuscated(told: str) -> bytes:
    """The password as the X server reads it."""
    done = subprocess.run(
        ("tigervncpasswd", "-f"), input=f"{told}\n".encode(), capture_output=True, check=False
    )
    if done.returncode != 0 or not done.stdout:
        raise DisplayError(
            f"tigervncpasswd failed: {done.stderr.decode().strip()}",
            f"remove {PASSWORD} to have a new one made",
        )
    return done.stdout


def allow(display: int) -> None:
    """Let this user's programs open the display, with a new key. It goes through stdin: others see the words of a command."""
    said = f"add :{display} . {secrets.token_hex(16)}\n"
    AUTHORITY.touch(mode=0o600)
    done = subprocess.run(
        ("xauth", "-b", "-q", "-f", str(AUTHORITY), "source", "-"),
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DisplayError(
            f"xauth cannot write {AUTHORITY}: {done.stderr.strip()}",
            f"remove {AUTHORITY}, or make space in {HOME}",
        )


def clear_lock(display: int) -> None:
    """Remove what a dead X server left. Raises DisplayError where another one is alive, or somebody else's."""
    lock, door = Path(f"/tmp/.X{display}-lock"), Path(f"/tmp/.X11-unix/X{display}")  # noqa: S108  the places are those of X11
    with suppress(OSError, ValueError):
        process = int(lock.read_text())
        if Path(f"/proc/{process}/comm").read_text().strip() in SERVERS:
            raise DisplayError(
                f"process {process} has display :{display} already",
                "end it, or set `display` in vnc_users to another",
            )
    for file in (lock, door):
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise DisplayError(
                f"{file} is somebody else's: {error}",
                "remove it as root, or set `display` in vnc_users to another",
            ) from error


def put(path: Path, content: bytes) -> None:
    """Replace the file in one step, for this user alone to read."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    os.umask(0o077)
    verb, *rest = arguments
    try:
        if verb == "prepare":
            prepare(int(rest[0]))
        elif verb == "ready":
            ready(int(rest[0]))
        else:
            forget()
    except (DisplayError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

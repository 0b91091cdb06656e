"""How a command reaches a host so that only the command is heard: what the login shell prints around it is left out. Pure.

bash reads ~/.bashrc for every command that sshd runs, and whatever that prints stands before, or by a trap behind, the answer.
"""

import codecs
import secrets
import shlex
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from fabric.runners import Remote
    from paramiko import Channel

OUTPUT_LIMIT = 8 * 2**20
"""Bytes of each stream that are kept of one command. What goes beyond is read and dropped."""

_CHUNK = 2**15
_LOOK_S = 1.0
"""Between looks for a thread that died; the end of the program is heard of at once."""
_NOT_SAID = -1
"""paramiko's exit status of a program whose end was not told."""

_BETWEEN_MARKS = """
mark=$1; shift
printf %s "$mark"; printf %s "$mark" >&2
"$@"; code=$?
printf %s "$mark"; printf %s "$mark" >&2
exit "$code"
"""
"""A constant program, run by sh; its arguments are the mark and the argv."""

WRITE = 'umask 022; base64 -d > "$1" && chmod 0644 "$1"'
"""A constant program, run by sh: writes what stands in base64 on stdin. SFTP would break on what the login shell prints."""


AS_ROOT = """
if [ "$(id -u)" = 0 ]; then exec "$@"; fi
command -v sudo > /dev/null || { echo "there is no sudo" >&2; exit 1; }
exec sudo -n -- "$@"
"""
"""A constant program, run by sh; its arguments are the argv to be run as root."""


def as_root(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The argv that runs this one as root, where sudo asks for no password."""
    return ("sh", "-c", AS_ROOT, "sh", *argv)


def new_mark() -> str:
    """A word that no login shell prints: another one for each command."""
    return f"<{secrets.token_hex(8)}>"


def command_line(argv: tuple[str, ...], mark: str) -> str:
    """The line for the login shell: runs argv, with the mark before and behind what it prints on either stream."""
    return shlex.join(("sh", "-c", _BETWEEN_MARKS, "sh", mark, *argv))


def between_marks(printed: str, mark: str) -> str | None:
    """What the command printed; without the second mark, all that comes after the first. None: it was never started."""
    _, found, rest = printed.partition(mark)
    if not found:
        return None
    said, ended, _ = rest.rpartition(mark)
    return said if ended else rest


def behind_mark(printed: str, mark: str) -> str:
    """What was printed after the command had ended; empty where its end is not to be seen."""
    _, found, rest = printed.partition(mark)
    return rest.rpartition(mark)[2] if found and mark in rest else ""


def capped_runner() -> "type[Remote]":
    """fabric's runner that keeps OUTPUT_LIMIT bytes of each stream, and decodes characters that lie across two packets.

    A program may end before it has read all that it is given: what it answers counts, not what it left.
    """
    from fabric.runners import Remote

    class Capped(Remote):
        channel: "Channel"

        def wait(self) -> None:
            # Not fabric's look a hundred times a second: with a hundred hosts those take a processor.
            while not (
                self.channel.status_event.wait(_LOOK_S) or self.process_is_finished or self.has_dead_threads
            ):
                pass

        def handle_stdin(self, input_: IO[str], output: IO[str], echo: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - invoke's
            # All of it is there already, and no terminal is looked at until the program ends.
            self.write_proc_stdin(input_.read())
            self.close_proc_stdin()

        def read_proc_output(self, reader: Callable[[int], bytes]) -> Iterator[str]:
            decoder = codecs.getincrementaldecoder("utf-8")("replace")
            left = OUTPUT_LIMIT
            while data := reader(_CHUNK):
                kept = data[:left]
                left -= len(kept)
                if kept:
                    yield decoder.decode(kept)
            yield decoder.decode(b"", final=True)

        def _write_proc_stdin(self, data: bytes) -> None:
            try:
                self.channel.sendall(data)
            except OSError:
                # The server says how a program ended before it closes; a connection that broke says nothing.
                if self.channel.exit_status == _NOT_SAID:
                    raise

    return Capped

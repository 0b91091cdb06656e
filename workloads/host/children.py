"""Start a program that ends with this process, and takes all it started with it, whichever way this process dies.

Between the two stands a guard. The kernel tells it that its parent is gone (PR_SET_PDEATHSIG), and hands it whatever the program
leaves behind (PR_SET_CHILD_SUBREAPER). It waits in the kernel and looks at nothing in between.
"""

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

ROOT = Path(__file__).absolute().parents[2]
"""What `workloads` is imported from: a folder, or the archive that a host was sent."""
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
"""linux/prctl.h."""
_FROM_ROOT = "import sys; sys.path[0] = sys.argv.pop(1); "
"""In place of the current folder, in which anything may lie."""
_NOT_STARTED = 127
"""What a shell ends with where the program is not there."""


def itself(*arguments: str) -> tuple[str, ...]:
    """The command that runs `workloads` with these arguments, by this Python and from where this one was loaded."""
    return program("from workloads.__main__ import main; main()", *arguments)


def program(code: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a line of Python in which `workloads` can be imported, from where this one was loaded."""
    return (sys.executable, "-c", f"{_FROM_ROOT}{code}", str(ROOT), *arguments)


@contextmanager
def running(
    argv: Sequence[str],
    *,
    environ: Mapping[str, str] | None = None,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
    pass_fds: Sequence[int] = (),
) -> Iterator["subprocess.Popen[bytes]"]:
    """The program as a `Popen` with its exit status; what still runs of it is killed when the block is left.

    To stop it earlier, `terminate` it: that kills all of it at once. Its standard input is empty.

    Args:
        argv: program and arguments.
        environ: its environment; None for that of this process.
        stdout: as for `Popen`.
        stderr: as `stdout`.
        pass_fds: open files that it gets under the same numbers.

    Raises:
        OSError: no process can be started. A program that is not there ends with 127, as in a shell.
        RuntimeError: this is not the main thread: to the kernel the parent is a thread, and its end kills the program.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("a program is started by the main thread: it would end with another")
    python, *guard = program("from workloads.host.children import guard; guard()", str(os.getpid()), *argv)
    process = subprocess.Popen(
        (python, "-S", *guard),  # it needs no other package
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        pass_fds=pass_fds,
        env=None if environ is None else dict(environ),
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def guard() -> NoReturn:
    """Run `argv[2:]` for the parent whose number is `argv[1]`: until it ends, SIGTERM comes or the parent is gone.

    Ends as the program did, by the same signal too.
    """
    _call_kernel(_PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the parent decides what it means
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    _call_kernel(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(sys.argv[1]):  # gone before the kernel was asked to tell
        os._exit(_NOT_STARTED)
    own = os.getpid()
    child = os.fork()
    if child == 0:
        _become(sys.argv[2:], own)
    with suppress(OSError):  # both sides do it: whoever comes first. It may have ended already
        os.setpgid(child, child)

    def kill(number: int, frame: FrameType | None) -> None:
        del number, frame
        with suppress(OSError):
            os.killpg(child, signal.SIGKILL)

    signal.signal(signal.SIGTERM, kill)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    status = _waited(child)
    _kill_orphans()
    _end(status)


def _become(argv: list[str], guard: int) -> NoReturn:
    """The program itself, in a group of its own. It dies with its guard."""
    os.setpgid(0, 0)
    _call_kernel(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guard:
        os._exit(_NOT_STARTED)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    try:
        os.execvp(argv[0], argv)  # noqa: S606  no shell is wanted
    except OSError as cause:
        os.write(2, f"{argv[0]} cannot be started: {cause}\n".encode())
    os._exit(_NOT_STARTED)


def _waited(child: int) -> int:
    """The child's status. Others that end meanwhile were handed over by it."""
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == child:
            return status


def _kill_orphans() -> None:
    """Whatever the program left, also what went into a group of its own: all of it is this process's own child by now."""
    own = os.getpid()
    with suppress(OSError):  # one that may not be killed, as another user's: it would be waited for in vain
        while numbers := Path(f"/proc/{own}/task/{own}/children").read_text(encoding="ascii").split():
            for number in numbers:
                os.kill(int(number), signal.SIGKILL)
            os.waitpid(-1, 0)


def _end(status: int) -> NoReturn:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # the program has left its own
        with suppress(OSError):  # SIGKILL has no handler
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else _NOT_STARTED)


def _call_kernel(option: int, value: int) -> None:
    """prctl(2). Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

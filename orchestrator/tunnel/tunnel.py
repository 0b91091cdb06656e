"""Keep a tunnel up: one ssh process at a time, started again when it ends, on the same port of this computer."""

import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

from orchestrator.computer.processes import MARKER, end_orphans, owned
from orchestrator.errors import HostKeyError, OrchestrateError, UnreachableError
from orchestrator.sanitize import sanitized
from orchestrator.tunnel.ssh_client import SshTarget, exit_error, tunnel_argv
from orchestrator.waiting import DeadlineError, NotYet, wait_for

_START_TIMEOUT_S = 30
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 5.0
_GRACE_S = 0.5  # OpenSSH 9.2 now and then sleeps on when SIGTERM comes between two waits
_WORDS_BYTES = 65536


class Tunnel:
    """A tunnel that is up inside its `with` block.

    Entering returns once ssh is logged in and listens; what it leads to was not asked. Nothing of it is left afterwards. If
    this very process is killed, the ssh process ends with the next tunnel to the fleet or the next command that changes it.

    Args:
        target: where it leads.
        port: the port of this computer; see `local_port`.
        say: takes a line when the link is lost, and when it is back.
        find: says where it leads now, before a lost link is tried again: a host that restarted may have moved. May raise
            OrchestrateError when the host is not there yet. Without it, hosts stay where they are.
    """

    def __init__(
        self,
        target: SshTarget,
        port: int,
        say: Callable[[str], None],
        *,
        find: Callable[[], SshTarget] | None = None,
    ) -> None:
        self.port = port
        self._target = target
        self._find = find
        self._say = say
        self._ssh: subprocess.Popen[bytes] | None = None
        self._open = ExitStack()
        self._words = -1

    def __enter__(self) -> Self:
        """Open it.

        Raises:
            HostKeyError: the host showed another key than the one on record.
            UnreachableError: the host is not reached, or does not let us in.
            UsageError: somebody else listens on the port.
            OrchestrateError: there is no ssh on this computer.
        """
        if shutil.which(self._target.program) is None:
            raise OrchestrateError(f"{self._target.program} is not installed", "orchestrate doctor --fix")
        end_orphans(self._target.run_folder)
        self._words = self._open.enter_context(tempfile.TemporaryFile("a+b")).fileno()
        try:
            self._start()
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._end()
        self._open.close()

    @property
    def said(self) -> str:
        """What ssh said since it was started last: the reason when the far end does not answer."""
        return sanitized(os.pread(self._words, _WORDS_BYTES, 0).decode(errors="replace")).strip()

    def hold(self) -> None:
        """Keep the link up until an interrupt is raised in here; a lost link is tried again for as long as it takes.

        Raises:
            HostKeyError: the host came back with another key.
        """
        while self._ssh is not None:
            self._ssh.wait()
            self._say(f"link lost, trying again{f': {self.said}' if self.said else ''}")
            wait_for(
                "the link",
                self._try_again,
                timeout_s=math.inf,
                interval_s=_FIRST_PAUSE_S,
                slowest_s=_LONGEST_PAUSE_S,
            )
            self._say("link back")

    def _try_again(self) -> bool | NotYet:
        try:
            if self._find is not None:
                self._target = self._find()
            self._start()
        except HostKeyError:
            raise
        except OrchestrateError as error:
            return NotYet(error.cause)
        return True

    def _start(self) -> None:
        self._end()
        os.ftruncate(self._words, 0)
        self._ssh = subprocess.Popen(
            tunnel_argv(self._target, self.port),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._words,
            env=os.environ | self._target.environment | {MARKER: owned(self._target.run_folder, os.getpid())},
            # Ctrl-C is meant for us, and we end it.
            process_group=0,
        )
        try:
            wait_for(f"SSH to {self._target.host}", self._listens, timeout_s=_START_TIMEOUT_S)
        except DeadlineError as error:
            self._end()
            raise UnreachableError(
                f"{self._target.host} is not reached by SSH within {_START_TIMEOUT_S} s", "orchestrate status"
            ) from error
        except BaseException:
            self._end()
            raise

    def _listens(self) -> bool | NotYet:
        """ssh listens when it is logged in. Connecting to find out would reach the far end, and count there."""
        import psutil

        ssh = self._ssh
        if ssh is None or ssh.poll() is not None:
            raise exit_error(self.said, self._target, self.port)
        with suppress(psutil.Error):
            for socket in psutil.Process(ssh.pid).net_connections("tcp"):
                if socket.status == psutil.CONN_LISTEN and socket.laddr.port == self.port:
                    return True
        return NotYet("not logged in")

    def _end(self) -> None:
        if self._ssh is not None:
            self._ssh.terminate()
            try:
                self._ssh.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                self._ssh.kill()
                self._ssh.wait()
            self._ssh = None

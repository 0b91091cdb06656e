"""The end of a process that was found and is still the same: asked at first, then killed. Never by name."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

from gpuhost.leases.reaping.processes import stat

PATIENCE_S = 10.0


def end(pid: int, started: int, patience_s: float = PATIENCE_S) -> str:
    """End it; how it ended, or why it did not, in words."""
    try:
        handle = os.pidfd_open(pid)
    except OSError as error:
        gone = isinstance(error, ProcessLookupError)
        return "it had ended already" if gone else f"it cannot be ended: {error.strerror}"
    try:
        now = stat(Path("/"), pid)
        if now is None or now.started != started:
            return "it had ended already"
        return _ended(handle, patience_s)
    except ProcessLookupError:
        return "ended"
    except PermissionError:
        return "it is not yours to end\n  try: sudo gpuhost reap"
    finally:
        os.close(handle)


def _ended(handle: int, patience_s: float) -> str:
    """Raises OSError."""
    for number, how in ((signal.SIGTERM, "ended"), (signal.SIGKILL, "killed")):
        signal.pidfd_send_signal(handle, number)
        # The handle can be read once the process has ended.
        if select.select([handle], [], [], patience_s)[0]:
            return how
    return "it does not end: it waits in the kernel\n  try: restart the host"

"""Repeat a call to a service elsewhere that failed in a way that passes by itself. Runs on hosts; several roles send it along.

Only what changes nothing there, or the same thing again, may be repeated. Each repetition is told in the journal. Bounded:
after the last pause the answer counts as it is.
"""

from __future__ import annotations

import http.client
import re
import shutil
import socket
import ssl
import subprocess
import syslog
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

Answer = TypeVar("Answer")

TAG = "orchestrate-retry"
"""By which the journal knows what was repeated: `journalctl --identifier orchestrate-retry`."""

PAUSES_S = (1.0, 3.0, 9.0)
"""Before the second call, the third and the fourth."""

LONGEST_PAUSE_S = 60.0
"""A server that asks for a longer one is not waited for."""

UNREACHABLE = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)
"""What `fetched` raises where a server, or the way to it, is the cause."""

PASSING_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP's answers that another request may not get: https://www.rfc-editor.org/rfc/rfc9110#section-15 and RFC 6585."""

APT_FAULT = re.compile(
    r"Temporary failure resolving|Could not connect|Connection (?:failed|timed out|refused|reset)|Unable to connect"
    r"|Hash Sum mismatch|unexpected size|Mirror sync in progress|Error reading from server|Undetermined Error"
    r"|(?:^|\s)(?:429|50[0234])\s+[A-Z][^\n]*",
    re.MULTILINE,
)
"""How apt says that a server did not answer, or is about to be another version of itself. apt repeats a download by itself,
three times, but neither an index that contradicts its signed list nor a server that refuses to be connected to."""


def repeated(call: Callable[[], Answer], fault: Callable[[Answer], str]) -> Answer:
    """Call until `fault` finds none in the answer, or it was called once more than there are pauses; the last answer.

    Args:
        call: may be repeated safely.
        fault: the words for what will pass by itself; empty where the answer is final, good or bad.
    """
    for pause in PAUSES_S:
        answer = call()
        found = fault(answer)
        if not found:
            return answer
        _pause(found, pause)
    return call()


def fetched(
    address: str,
    take: Callable[[Any], Answer],
    *,
    timeout_s: float,
    connect: Callable[..., Any] | None = None,
) -> Answer:
    """What `take` makes of the answer to a GET; where either fails in a way that passes, both are repeated.

    Args:
        address: an HTTP, HTTPS or file URL.
        take: reads the open answer. Begins anew when it is called again.
        timeout_s: of silence.
        connect: an opener's `open`; without it, one that has the proxies of the environment.

    Raises what urllib and `take` raise, of the last call.
    """
    connect = connect or urllib.request.build_opener().open
    pauses = list(PAUSES_S)
    while True:
        try:
            with connect(address, timeout=timeout_s) as answer:
                return take(answer)
        except (OSError, http.client.HTTPException) as error:
            if not (pauses and passes(error)) or (wanted := wanted_pause(error)) > LONGEST_PAUSE_S:
                raise
            _pause(f"{address}: {error}", max(pauses.pop(0), wanted))


def saved(target: Path) -> Callable[[IO[bytes]], None]:
    """For `fetched`: writes the answer to a file, which begins empty each time."""

    def save(answer: IO[bytes]) -> None:
        with target.open("wb") as out:
            shutil.copyfileobj(answer, out)

    return save


def passes(error: Exception) -> bool:
    """Whether the same request may succeed a little later. Pure."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code in PASSING_STATUS
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, socket.gaierror):
        return reason.errno == socket.EAI_AGAIN
    if isinstance(reason, ssl.SSLError):
        return isinstance(reason, ssl.SSLEOFError)
    return isinstance(reason, (ConnectionError, TimeoutError, http.client.IncompleteRead))


def reason_of(error: Exception) -> str:
    """What one of UNREACHABLE says. Pure."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    return str(getattr(error, "reason", error)) or type(error).__name__


def wanted_pause(error: Exception) -> float:
    """The seconds that a server asks to be left alone for; 0 where it asks for none."""
    asked = error.headers.get("Retry-After", "") if isinstance(error, urllib.error.HTTPError) else ""
    return float(asked) if asked.isdecimal() else 0.0


def apt_ran(call: Callable[[], subprocess.CompletedProcess[str]]) -> subprocess.CompletedProcess[str]:
    """How a run of apt-get ended, repeated where it failed because a server did not answer well."""
    return repeated(
        call, lambda done: apt_fault(f"{done.stdout}{done.stderr or ''}") if done.returncode else ""
    )


def apt_fault(output: str) -> str:
    """What in apt's output will pass by itself; empty for anything else."""
    found = APT_FAULT.search(output)
    return found[0].strip() if found else ""


def _pause(fault: str, seconds: float) -> None:
    # Not on standard error: what stands there is the cause, should the last call fail too.
    syslog.openlog(TAG)
    syslog.syslog(syslog.LOG_WARNING, f"{fault}; once more in {seconds:g} s")
    time.sleep(seconds)

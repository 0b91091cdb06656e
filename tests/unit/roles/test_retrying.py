"""Calls to services elsewhere that fail in a way that passes, against a real server on this computer."""

import errno
import socket
import subprocess
import syslog
import threading
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import IncompleteRead
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.orchestrate.gpu.plugins.module_utils import commands, retrying

CALLS = 4
"""The first, and one after each pause."""


@contextmanager
def server(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these answers in turn, the last one for ever: its address, and the requests that came."""
    came: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answers[min(len(came), len(answers) - 1)]
            came.append(self.path)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Says nothing of requests."""

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}/file", came
    finally:
        serving.shutdown()
        serving.server_close()


@pytest.mark.parametrize("status", sorted(retrying.PASSING_STATUS))
def test_an_answer_that_passes_is_asked_for_again_and_that_is_told(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(syslog, "syslog", lambda _priority, line: told.append(line))
    target = tmp_path / "file"
    with server((status, {}, b"busy"), (200, {}, b"whole")) as (address, came):
        retrying.fetched(address, retrying.saved(target), timeout_s=5)
    assert (target.read_bytes(), len(came)) == (b"whole", 2)
    assert [line.partition("HTTP Error")[0] for line in told] == [f"{address}: "]


def test_an_answer_that_broke_off_is_fetched_anew_from_its_beginning(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with server((200, {"Content-Length": "50"}, b"part"), (200, {}, b"whole")) as (address, came):
        retrying.fetched(address, lambda answer: target.write_bytes(answer.read()), timeout_s=5)
    assert (target.read_bytes(), len(came)) == (b"whole", 2)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501])
def test_a_refusal_is_final(status: int, tmp_path: Path) -> None:
    with (
        server((status, {}, b"no"), (200, {}, b"whole")) as (address, came),
        pytest.raises(urllib.error.HTTPError),
    ):
        retrying.fetched(address, retrying.saved(tmp_path / "file"), timeout_s=5)
    assert len(came) == 1


def test_a_server_that_stays_ill_is_asked_a_bounded_number_of_times(tmp_path: Path) -> None:
    with server((503, {}, b"")) as (address, came), pytest.raises(urllib.error.HTTPError):
        retrying.fetched(address, retrying.saved(tmp_path / "file"), timeout_s=5)
    assert len(came) == CALLS


def test_a_server_that_wants_to_be_left_alone_for_long_is(tmp_path: Path) -> None:
    busy = (429, {"Retry-After": "3600"}, b"")
    with server(busy, (200, {}, b"whole")) as (address, came), pytest.raises(urllib.error.HTTPError):
        retrying.fetched(address, retrying.saved(tmp_path / "file"), timeout_s=5)
    assert len(came) == 1


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (urllib.error.URLError(socket.gaierror(socket.EAI_AGAIN, "Temporary failure")), True),
        (urllib.error.URLError(socket.gaierror(socket.EAI_NONAME, "Name or service not known")), False),
        (urllib.error.URLError(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), True),
        (ConnectionResetError(errno.ECONNRESET, "reset"), True),
        (TimeoutError("timed out"), True),
        (IncompleteRead(b"", 5), True),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (PermissionError(errno.EACCES, "denied"), False),
    ],
)
def test_what_passes_is_told_from_what_does_not(error: Exception, *, passes: bool) -> None:
    assert retrying.passes(error) is passes


def apt(returncode: int, stderr: str) -> Any:
    return subprocess.CompletedProcess(("apt-get",), returncode, "", stderr)


@pytest.mark.parametrize(
    "said",
    [
        "E: Failed to fetch http://deb.test/a.deb  503  Service Unavailable [IP: 192.0.2.1 80]",
        "E: Failed to fetch http://deb.test/Packages.xz  File has unexpected size (1 != 2). Mirror sync in progress?",
        "W: Failed to fetch http://deb.test/InRelease  Temporary failure resolving 'deb.test'",
        "E: Failed to fetch http://deb.test/a.deb  Could not connect to deb.test:80 (192.0.2.1), connection timed out",
        "E: Failed to fetch http://deb.test/a.deb  Hash Sum mismatch",
    ],
)
def test_apt_is_run_again_where_a_server_did_not_answer_well(said: str) -> None:
    runs = [apt(100, said), apt(0, "")]
    assert retrying.apt_ran(lambda: runs.pop(0)).returncode == 0
    assert runs == []


@pytest.mark.parametrize(
    "said",
    [
        "E: Unable to locate package nvidia-driver-9999",
        "E: The repository 'http://deb.test bookworm Release' does not have a Release file.",
        "E: Failed to fetch http://deb.test/a.deb  404  Not Found [IP: 192.0.2.1 80]",
        "E: You don't have enough free space in /var/cache/apt/archives/.",
        "W: GPG error: http://deb.test InRelease: The following signatures were invalid: BADSIG",
    ],
)
def test_what_apt_refuses_for_good_is_not_asked_twice(said: str) -> None:
    runs = [apt(100, said), apt(0, "")]
    assert retrying.apt_ran(lambda: runs.pop(0)).returncode == 100
    assert len(runs) == 1


def test_pip_is_run_again_where_a_download_broke_off_alone() -> None:
    broken = "ProtocolError: ('Connection broken: IncompleteRead(5 bytes read, 9 more expected)', IncompleteRead())"
    assert commands.pip_fault(apt(2, broken))
    assert not commands.pip_fault(apt(1, "ERROR: No matching distribution found for tensorflow==9"))
    assert not commands.pip_fault(apt(0, broken))

"""Which servers answer: tried on servers of this test's own, on closed ports, and on one that never says a word."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from orchestrator.computer.reachability import unreachable_servers


class Shelf(BaseHTTPRequestHandler):
    """Has every document but those below /gone; a proxy to those who take it for one."""

    def do_HEAD(self) -> None:
        self.send_response(404 if "/gone/" in self.path else 200)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Silent."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Shelf) as shelf:
        threading.Thread(target=shelf.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{shelf.server_port}"
        shelf.shutdown()


def test_servers_that_answer_are_not_named(server: str) -> None:
    assert unreachable_servers((f"{server}/a", f"{server}/b"), {}) == {}


def test_a_document_that_is_not_there_is_named_with_the_answer(server: str) -> None:
    assert unreachable_servers((f"{server}/gone/a", f"{server}/b"), {}) == {
        f"{server}/gone/a": "answered 404 Not Found"
    }


def test_a_closed_port_is_named_with_its_cause() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    assert unreachable_servers((url,), {}) == {url: "Connection refused"}


def test_a_server_that_says_nothing_does_not_keep_us_waiting() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        began = time.monotonic()
        seen = unreachable_servers((url,), {}, timeout_s=0.2)
    assert list(seen) == [url]
    assert time.monotonic() - began < 1


def test_a_file_is_not_asked_for() -> None:
    assert unreachable_servers(("file:///nowhere/installer.sh", "/nowhere/installer.sh"), {}) == {}


def test_a_given_proxy_is_asked_unless_the_server_is_reached_without_it(server: str) -> None:
    elsewhere = "http://channels.invalid/a"
    assert unreachable_servers((elsewhere,), {"http": server}) == {}
    assert list(unreachable_servers((elsewhere,), {"http": server, "no_proxy": "localhost, .invalid"})) == [
        elsewhere
    ]

"""Whatever answers on a port that we knock at: what it is, or an error of ours; never a traceback."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.errors import UnreachableError
from orchestrator.remote.host_keys import shown_host_key
from orchestrator.tunnel.answers import http_status, rfb_banner

GREETINGS = st.one_of(
    st.binary(max_size=64),
    st.binary(max_size=64).map(lambda rest: b"SSH-2.0-x\r\n" + rest),
    st.binary(max_size=64).map(lambda rest: b"HTTP/1.1 " + rest + b"\r\n\r\n"),
    st.sampled_from(
        [
            b"SSH-2.0-\xff\xfe\r\n",
            b"SSH-1.5-old\n",
            b"SSH-2.0-x\r\n\x00\x00\x00\x0c\x0a\x14" + b"\xff" * 30,
            b"RFB 003.008\n",
        ]
    ),
)


@settings(max_examples=60)
@given(GREETINGS)
def test_whatever_answers_as_an_ssh_server_is_named(greeting: bytes) -> None:
    with saying(greeting) as port, pytest.raises(UnreachableError) as caught:
        shown_host_key("127.0.0.1", port)
    assert "\n" not in caught.value.cause


@settings(max_examples=60)
@given(GREETINGS)
def test_whatever_answers_as_a_desktop_or_a_web_server_is_read(greeting: bytes) -> None:
    with saying(greeting) as port:
        assert "\n" not in rfb_banner(port)
    with saying(greeting) as port:
        status = http_status(port, "/")
        assert status is None or isinstance(status, int)


@contextmanager
def saying(greeting: bytes) -> Iterator[int]:
    """A server that says this to the first who comes, and hangs up."""

    def serve() -> None:
        with suppress(OSError):
            link, _ = server.accept()
            with link:
                link.sendall(greeting)
                link.shutdown(socket.SHUT_WR)
                while link.recv(4096):
                    pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
    thread.join(timeout=10)

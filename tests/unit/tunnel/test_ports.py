"""The port of this computer that a tunnel gets."""

import socket

import pytest

from orchestrator.errors import UsageError
from orchestrator.tunnel import local_port


def test_a_port_that_was_asked_for_and_is_free_is_taken() -> None:
    free = local_port(None, preferred=0)
    assert local_port(free, preferred=0) == free


def test_a_port_that_was_asked_for_and_is_in_use_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} of this computer is in use"):
            local_port(port, preferred=0)


def test_the_hosts_own_number_is_taken_if_it_is_free_and_another_if_not() -> None:
    free = local_port(None, preferred=0)
    assert local_port(None, preferred=free) == free
    with socket.create_server(("127.0.0.1", free)):
        assert local_port(None, preferred=free) != free

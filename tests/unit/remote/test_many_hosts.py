"""Logging in to more hosts than this computer can exchange keys with at once, against a real listener on this computer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from orchestrator.errors import UnreachableError
from orchestrator.remote import shell_of, shells
from tests.unit.remote.host import host_at

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""On record; nobody has it."""


@pytest.fixture
def only_one(monkeypatch: pytest.MonkeyPatch) -> threading.BoundedSemaphore:
    """Keys are exchanged with one host at a time."""
    turn = threading.BoundedSemaphore(1)
    monkeypatch.setattr(shells, "_HANDSHAKES", turn)
    return turn


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server of which nobody hears who it is."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        opened.settimeout(10)
        yield opened


def test_a_host_that_does_not_answer_is_told_without_waiting_for_a_turn(
    only_one: threading.BoundedSemaphore, tmp_path: Path
) -> None:
    with only_one, pytest.raises(UnreachableError, match=r"lab-1 does not answer on 127\.0\.0\.1:1"):
        shell_of(host_at(1, host_key=KEY), key=tmp_path / "key").run(("true",))


def test_keys_are_exchanged_once_it_is_the_turn(
    only_one: threading.BoundedSemaphore, listener: socket.socket, tmp_path: Path
) -> None:
    shell = shell_of(host_at(listener.getsockname()[1], host_key=KEY), key=tmp_path / "key")

    def login() -> None:
        with suppress(UnreachableError):
            shell.run(("true",))

    with only_one:
        waits = threading.Thread(target=login, daemon=True)
        waits.start()
        link, _ = listener.accept()
        link.settimeout(0.2)
        with pytest.raises(TimeoutError):
            link.recv(4)
    link.settimeout(10)
    assert link.recv(4) == b"SSH-"
    link.close()
    listener.close()
    waits.join(10)
    assert not waits.is_alive()

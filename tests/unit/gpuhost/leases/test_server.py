"""The socket: answers in lines, whoever asks in whatever pieces; and what the client makes of them."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gpuhost.leases.client.connection import AskError, Connection, GoneError
from gpuhost.leases.daemon.jobs import Job
from gpuhost.leases.daemon.server import MOST_BYTES, Client
from tests.unit.gpuhost.leases.samples import job


class _Service:
    """Answers what it was asked, and has one job."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, bytes]] = []
        self.now: Job | None = job(1)

    def answer(self, uid: int, gid: int, line: bytes) -> dict[str, Any]:
        self.asked.append((uid, line))
        told = json.loads(line)
        return {"watch": told["id"]} if told.get("do") == "watch" else {"echo": told}

    def job(self, number: int) -> Job | None:
        return self.now


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    there.settimeout(0)
    here.settimeout(5)
    yield here, there
    here.close()
    there.close()


def lines(channel: socket.socket) -> list[dict[str, Any]]:
    return [json.loads(line) for line in channel.recv(2**16).splitlines()]


def test_a_message_may_come_in_pieces_and_the_kernel_says_whose_it_is(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    here, there = ends
    service, client = _Service(), Client(there)
    here.sendall(b'{"a": 1}\n{"b"')
    assert client.hear(service)  # type: ignore[arg-type]
    here.sendall(b": 2}\n")
    assert client.hear(service)  # type: ignore[arg-type]
    assert lines(here) == [{"echo": {"a": 1}}, {"echo": {"b": 2}}]
    assert service.asked[0] == (os.getuid(), b'{"a": 1}')


def test_who_hangs_up_or_sends_without_end_is_dropped(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    client = Client(there)
    assert client.hear(_Service()), "nothing has come"  # type: ignore[arg-type]
    client._received = b"x" * MOST_BYTES
    here.sendall(b"x")
    assert not client.hear(_Service())  # type: ignore[arg-type]
    here.shutdown(socket.SHUT_WR)
    assert not Client(there).hear(_Service())  # type: ignore[arg-type]


def test_who_watches_a_job_is_told_once_of_each_change(ends: tuple[socket.socket, socket.socket]) -> None:
    here, there = ends
    service, client = _Service(), Client(there)
    here.sendall(b'{"do": "watch", "id": 1}\n')
    client.hear(service)  # type: ignore[arg-type]
    for _ in range(3):
        client.tell(service)  # type: ignore[arg-type]
    service.now = None
    client.tell(service)  # type: ignore[arg-type]
    told = lines(here)
    assert [list(each) for each in told] == [["watch"], ["job"], ["job"]]
    assert (told[1]["job"]["id"], told[2]["job"]) == (1, None)


def serving(path: Path, answer: bytes) -> threading.Thread:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen(1)

    def serve() -> None:
        channel, _ = listening.accept()
        channel.recv(2**16)
        channel.sendall(answer)
        channel.close()
        listening.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


def test_the_client_raises_what_the_service_refuses(tmp_path: Path) -> None:
    thread = serving(tmp_path / "socket", b'{"error": "no"}\n')
    connection = Connection(tmp_path / "socket")
    with pytest.raises(AskError, match="no"):
        connection.ask({"do": "run"})
    connection.close()
    thread.join(5)


def test_a_service_that_goes_away_or_is_not_there_is_told_apart(tmp_path: Path) -> None:
    thread = serving(tmp_path / "socket", b"")
    connection = Connection(tmp_path / "socket")
    with pytest.raises(GoneError, match="went away"):
        connection.ask({"do": "run"})
    connection.close()
    thread.join(5)
    with pytest.raises(GoneError, match="is not there"):
        Connection(tmp_path / "none")

"""Connections to a host that are turned away, against a real listener on this computer."""

import socket
import threading
from collections.abc import Iterator

import pytest

from orchestrator import waiting
from orchestrator.errors import UnreachableError
from orchestrator.remote import shell_of
from tests.unit.remote.host import host_at


@pytest.fixture
def turned_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, list[int]]]:
    """A port whose server closes every connection before it says who it is, and the connections that came."""
    monkeypatch.setattr(waiting, "RETRY_PAUSES_S", (0.0, 0.0, 0.0))
    came: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def turn_away() -> None:
            while True:
                try:
                    link, _ = listener.accept()
                except OSError:
                    return
                came.append(1)
                link.close()

        threading.Thread(target=turn_away, daemon=True).start()
        yield listener.getsockname()[1], came
        listener.shutdown(socket.SHUT_RDWR)


def test_a_connection_that_is_turned_away_is_tried_again_and_then_told(
    turned_away: tuple[int, list[int]],
) -> None:
    port, came = turned_away
    with pytest.raises(UnreachableError, match="lab-1"):
        shell_of(host_at(port), key=None).run(("true",))
    assert len(came) == len(waiting.RETRY_PAUSES_S) + 1

"""A fleet that is taken over without its run folder, on the cloud in memory."""

from pathlib import Path

import pytest

from orchestrator.errors import ProviderError
from orchestrator.journal import Journal
from orchestrator.models import Adoption, ReceiptLine
from orchestrator.progress import Silent
from orchestrator.providers.base import ReleaseAction
from orchestrator.stages.launch.adoption import adopt
from tests.providers.bench import launch_request, nothing
from tests.providers.memory import MemoryProvider


class Notes(Silent):
    """Keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)


class Shut(MemoryProvider):
    """Lets no new key in, as EC2."""

    def admit(self, fleet: str, authorized_key: str) -> None:
        raise ProviderError("no new key is let in", f"orchestrate down --name {fleet}")


WANTED = Adoption(cloud="memory", regions=(), rehearsed=False, owners=("lost",))


@pytest.fixture
def lost(tmp_path: Path) -> MemoryProvider:
    provider = MemoryProvider(owner="lost")
    provider.launch(launch_request("lab", tmp_path / "theirs", "debian-12"), nothing)
    return provider


def test_hosts_change_hands_and_let_in_a_new_key(lost: MemoryProvider, tmp_path: Path) -> None:
    mine, journal, notes = MemoryProvider(lost.cloud), Journal("lab", tmp_path), Notes()
    assert [each.name for each in adopt(WANTED, mine, journal, notes)] == ["lab-1"]
    assert (lost.find("lab"), [host.name for host in mine.find("lab")]) == ((), ["lab-1"])
    assert journal.load("adoption", Adoption) == WANTED
    key = (journal.keys / "id_ed25519.pub").read_text(encoding="utf-8").strip()
    assert list(lost.cloud.admitted.values()) == [key]
    assert "a new one was put into its hosts" in notes.said[0]
    assert [line.gone for line in _gone(mine)] == [True]


def test_where_no_key_can_be_put_in_it_is_said_what_is_left_to_do(
    lost: MemoryProvider, tmp_path: Path
) -> None:
    mine, journal, notes = Shut(lost.cloud), Journal("lab", tmp_path), Notes()
    adopt(WANTED, mine, journal, notes)
    assert journal.private_key is None
    assert notes.said[0].endswith("with `orchestrate down --name lab`")
    assert [line.gone for line in _gone(mine)] == [True]


def _gone(provider: MemoryProvider) -> tuple[ReceiptLine, ...]:
    return provider.release("lab", ReleaseAction.TERMINATE)

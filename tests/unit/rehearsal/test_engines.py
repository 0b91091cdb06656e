"""Which engines a rehearsal is refused on."""

from pathlib import Path

import pytest

from orchestrator.errors import ProviderError
from orchestrator.rehearsal.session.start import open_rehearsal
from tests.unit.doctor.played import DOCKER_ROOTLESS, DOCKER_V1, Answer, Computer, play


@pytest.mark.parametrize(
    ("info", "cause", "hint"),
    [
        (
            DOCKER_ROOTLESS,
            "docker is rootless, and a rehearsal reaches its hosts",
            "docker context use default",
        ),
        (DOCKER_V1 | {"ServerVersion": "19.03.1"}, "docker 19.03.1 is older than 20.10", "upgrade"),
    ],
)
def test_an_engine_that_cannot_play_instances_is_refused_before_anything_is_made(
    info: dict[str, object], cause: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(Computer(release="ubuntu-24.04", docker=Answer(says=info)), tmp_path, monkeypatch)
    with pytest.raises(ProviderError) as caught:
        open_rehearsal(tmp_path / "state", (), lambda _line: None)
    assert cause in caught.value.cause
    assert hint in caught.value.hint

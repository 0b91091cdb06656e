"""Two rings of what the cards did lately."""

from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost.telemetry import trend
from gpuhost.telemetry.daemon.history import MINUTES, SECONDS, History, recorded
from gpuhost.telemetry.snapshot import OK, Card, Snapshot

CARD = Card(
    index=0,
    uuid="GPU-0",
    name="NVIDIA L40S",
    address="0000:01:00.0",
    utilization_percent=50,
    memory_used_bytes=2**30,
    power_w=100.5,
    temperature_c=60,
)
BEGAN = 1_800_000_000.0


def second(at: float, *cards: Card) -> Snapshot:
    return Snapshot(taken_at=at, host="lab-1", state=OK, cards=cards or (CARD,))


def test_each_second_is_on_record_with_what_is_absent(tmp_path: Path) -> None:
    history = History(tmp_path)
    for at in range(3):
        history.add(second(BEGAN + at, replace(CARD, utilization_percent=10 * at)))
    found = recorded(tmp_path, SECONDS, BEGAN + 2)
    assert (found.cards, found.every_s) == (("GPU-0",), 1.0)
    assert found.points == tuple((BEGAN + at, ((10.0 * at, 1024.0, 100.5, 60.0, None),)) for at in range(3))


def test_a_minute_is_the_mean_of_its_seconds(tmp_path: Path) -> None:
    history = History(tmp_path)
    for at in range(61):
        card = replace(CARD, utilization_percent=at if at < 60 else 0, power_w=None if at else 90.0)
        history.add(second(BEGAN + at, card))
    (minute,) = recorded(tmp_path, MINUTES, BEGAN + 60).points
    assert minute == (BEGAN, ((29.5, 1024.0, 90.0, 60.0, None),))


def test_a_ring_holds_ten_minutes_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    for start in (0, 500):
        history = History(tmp_path)
        for at in range(start, start + 500):
            history.add(second(BEGAN + at))
    now = BEGAN + 999
    points = recorded(tmp_path, SECONDS, now).points
    assert (len(points), points[0][0], points[-1][0]) == (600, BEGAN + 400, now)
    assert recorded(tmp_path, SECONDS, now + 10_000).points == ()


def test_other_cards_begin_a_ring_of_their_own(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(second(BEGAN))
    history.add(second(BEGAN + 1, CARD, replace(CARD, uuid="GPU-1")))
    found = recorded(tmp_path, SECONDS, BEGAN + 1)
    assert (found.cards, len(found.points)) == (("GPU-0", "GPU-1"), 1)
    history.add(Snapshot(taken_at=BEGAN + 2, host="lab-1", state=OK))
    assert len(recorded(tmp_path, SECONDS, BEGAN + 2).points) == 1, "a host without cards adds nothing"


@pytest.mark.parametrize("damage", [b"", b"{", b'{"cards": 5}', b"\0" * 5000])
def test_a_ring_that_cannot_be_read_is_empty(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / SECONDS[0]).write_bytes(damage)
    assert recorded(tmp_path, SECONDS, BEGAN).points == ()


def test_people_see_a_line_of_bars_for_each_figure(tmp_path: Path) -> None:
    history = History(tmp_path)
    for at in range(600):
        history.add(second(BEGAN + at, replace(CARD, utilization_percent=100 if at >= 300 else 0)))
    told = trend.drawn(recorded(tmp_path, SECONDS, BEGAN + 599), "ten minutes", BEGAN + 599).splitlines()
    assert told[:2] == ["ten minutes", "0  GPU-0"]
    assert told[2] == f"   GPU {'▁' * 30}{'█' * 30}  at most 100 %"
    nothing = trend.drawn(recorded(tmp_path / "none", MINUTES, BEGAN), "a day", BEGAN)
    assert nothing == "a day: nothing is on record\n"

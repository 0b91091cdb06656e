"""When a driver that was exchanged while it was loaded is brought into use."""

from datetime import time

import pytest

from gpuhost.guard import command
from gpuhost.guard.decision import NOTHING, RELOAD, RESTART, WAIT, Uses, decide, may_restart, window
from gpuhost.telemetry.snapshot import COMPUTE, MISMATCH, OK, Card, Process, Snapshot

NIGHT = window("23:30-05:00")
WHY = "the driver that is loaded (580.95.05) and its installed library (580.105.08) are of two versions"
CARD = Card(index=0, uuid="GPU-0", name="NVIDIA L40S", address="0000:01:00.0")
TRAINING = Process(7, COMPUTE, 1, "ada", 1000, "python train.py", 0.0, "R")


def seen(*processes: Process, state: str = MISMATCH) -> Snapshot:
    card = Card(**{**vars(CARD), "processes": processes})
    return Snapshot(taken_at=0.0, host="lab-1", state=state, why=WHY, cards=(card,))


def test_in_its_window_an_idle_host_exchanges_its_driver() -> None:
    assert decide(seen(), NIGHT, time(3, 0), Uses()).action == RELOAD
    assert decide(seen(), NIGHT, time(3, 0), Uses(people=("ada",))).action == RELOAD, "nobody is thrown out"


def test_a_host_without_a_mismatch_is_left_alone() -> None:
    assert decide(seen(state=OK), NIGHT, time(3, 0), Uses()).action == NOTHING


@pytest.mark.parametrize("now", [time(5, 0), time(12, 0), time(23, 29)])
def test_outside_of_its_window_it_waits(now: time) -> None:
    verdict = decide(seen(), NIGHT, now, Uses())
    assert (verdict.action, verdict.reason) == (WAIT, f"{WHY}; it is mended from 23:30 to 05:00")


@pytest.mark.parametrize(
    ("snapshot", "uses", "named"),
    [
        (seen(), Uses(jobs=("orchestrate-run-3.service",)), "orchestrate-run-3.service"),
        (seen(), Uses(holders=("python (pid 9, bob)",)), "python (pid 9, bob)"),
        (seen(TRAINING), Uses(), "process 7"),
    ],
)
def test_what_uses_the_cards_is_waited_for(snapshot: Snapshot, uses: Uses, named: str) -> None:
    verdict = decide(snapshot, NIGHT, time(3, 0), uses)
    assert verdict.action == WAIT
    assert verdict.reason.endswith(f"the cards are used by {named}")


def test_the_host_is_restarted_once_for_each_mismatch_where_that_is_allowed_and_nobody_is_there() -> None:
    assert may_restart(Uses(), WHY, "", allowed=True).action == RESTART
    assert may_restart(Uses(), WHY, "another one", allowed=True).action == RESTART
    assert may_restart(Uses(), WHY, WHY, allowed=True).action == WAIT
    assert may_restart(Uses(), WHY, "", allowed=False).action == WAIT
    assert may_restart(Uses(people=("ada",)), WHY, "", allowed=True).action == WAIT
    assert may_restart(Uses(jobs=("orchestrate-run-3.service",)), WHY, "", allowed=True).action == WAIT


def test_a_window_is_a_part_of_a_day() -> None:
    day = window("08:00-17:30")
    assert [day.holds(time(hour, 0)) for hour in (7, 8, 17, 18)] == [False, True, True, False]
    assert [NIGHT.holds(time(*at)) for at in ((23, 30), (4, 59), (5, 0))] == [True, True, False]


@pytest.mark.parametrize("written", ["", "2-5", "24:00-05:00", "02:60-05:00", "02:00-05:00 "])
def test_what_is_no_window_is_refused(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="no window of a day"):
        window(written)
    assert command.main([f"--window={written}"]) == 1
    assert "try: 02:00-05:00" in capsys.readouterr().err

"""Who uses a host: GPUs by what telemetry says of them, sessions as systemd writes them, real processor time."""

import time
from dataclasses import replace

import pytest

from gpuhost import systemd
from gpuhost.lifetime import activity
from gpuhost.telemetry.snapshot import (
    COMPUTE,
    GRAPHICS,
    HUNG,
    LOST,
    MISMATCH,
    NO_CARD,
    NO_DRIVER,
    OK,
    UNREADABLE,
    Card,
    Process,
    Snapshot,
)

SESSION = "# This is private data. Do not parse.\nUID=1000\nUSER=ada\nSTATE={state}\nREMOTE=1\nTYPE=tty\nCLASS={kind}\n"


IDLE = Card(index=0, uuid="GPU-0", name="NVIDIA L40S", address="", utilization_percent=0)
BY = Process(7, COMPUTE, 1, "ada", 1000, "python", 0.0, "R")
LOST_CARD = Card(index=1, uuid="GPU-1", name="", address="", state=LOST, error="GPU is lost")


def seen(*cards: Card, state: str = OK) -> Snapshot:
    return Snapshot(taken_at=0.0, host="lab-1", state=state, why="why", cards=cards)


@pytest.mark.parametrize(
    ("snapshot", "expected"),
    [
        (seen(LOST_CARD, IDLE), False),
        (seen(LOST_CARD, replace(IDLE, utilization_percent=5)), False),
        (seen(LOST_CARD, replace(IDLE, utilization_percent=6)), True),
        (seen(replace(IDLE, processes=(BY,))), True),
        (seen(replace(IDLE, utilization_percent=None, processes=(BY,))), True),
        (seen(replace(IDLE, processes=(replace(BY, kind=GRAPHICS),))), False),
        (seen(state=NO_DRIVER), False),
        (seen(state=NO_CARD), False),
        (seen(replace(IDLE, utilization_percent=50), state=MISMATCH), True),
    ],
)
def test_a_card_is_in_use_by_its_time_or_by_its_programs(snapshot: Snapshot, expected: bool) -> None:
    assert activity.gpus_busy(snapshot, 5) is expected


@pytest.mark.parametrize("state", [MISMATCH, HUNG, UNREADABLE])
def test_a_driver_that_refuses_is_no_idle_driver(state: str) -> None:
    with pytest.raises(OSError, match="why"):
        activity.gpus_busy(seen(state=state), 5)


def test_a_driver_that_hangs_is_no_idle_driver() -> None:
    with pytest.raises(OSError, match="why"):
        activity.gpus_busy(seen(replace(IDLE, state=UNREADABLE), state=HUNG), 5)


@pytest.mark.parametrize(
    ("state", "kind", "expected"),
    [
        ("active", "user", True),
        ("online", "user", True),
        ("active", "user-early", True),
        ("closing", "user", False),
        ("active", "manager", False),
        ("active", "greeter", False),
    ],
)
def test_a_session_counts_while_a_person_is_there(state: str, kind: str, expected: bool) -> None:
    assert bool(systemd.logins([SESSION.format(state=state, kind=kind)])) is expected


def test_a_session_that_cannot_be_understood_is_no_login() -> None:
    assert systemd.logins([""]) == []


def test_processor_time_grows_with_work() -> None:
    before = activity.cpu_seconds()
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    assert activity.cpu_seconds() > before

"""What people are shown of a snapshot."""

import re

from gpuhost.telemetry.display import Look, drawn, duration, gib
from gpuhost.telemetry.snapshot import (
    COMPUTE,
    LOST,
    NO_CARD,
    OK,
    Advice,
    Card,
    MigInstance,
    Process,
    Snapshot,
)

PLAIN, PICTURE = Look(pictured=False), Look(pictured=True, columns=80)
BUSY = Card(
    index=0,
    uuid="GPU-0",
    name="NVIDIA L40S",
    address="0000:01:00.0",
    utilization_percent=95,
    memory_used_bytes=2**33,
    memory_total_bytes=2**34,
    temperature_c=86,
    temperature_slowdown_c=89,
    memory_temperature_c=70,
    power_w=349.6,
    power_limit_w=350.0,
    fan_percent=80,
    clock_sm_mhz=2100,
    performance_state=2,
    throttle_reasons=("power limit", "too warm (software)"),
    processes=(
        Process(
            7, COMPUTE, 2**33, "ada", 1000, "python train.py", 100.0, "R", unit="orchestrate-run-3.service"
        ),
        Process(8, COMPUTE, None, "", None, "", None, "D"),
    ),
)


def shown(*cards: Card, look: Look = PLAIN, advice: tuple[Advice, ...] = ()) -> str:
    return drawn(
        Snapshot(taken_at=3700.0, host="lab-1", state=OK, driver="580.95.05", cards=cards, advice=advice),
        look,
    )


def test_a_busy_card_is_shown_with_what_holds_it_back_and_who_is_on_it() -> None:
    assert shown(BUSY).splitlines() == [
        "lab-1  driver 580.95.05  1970-01-01 01:01:40 UTC",
        "0  NVIDIA L40S  0000:01:00.0",
        "   GPU 95 %   2100 MHz   held back: power limit, too warm (software)",
        "   MEM 50 %   8.0 GiB of 16.0 GiB",
        "   86 °C (memory 70 °C)   350 W of 350 W   fan 80 %   P2",
        "   PID  USER  MEMORY   RUNS FOR  COMMAND                             UNIT",
        "   7    ada   8.0 GiB  1:00:00   python train.py                     orchestrate-run-3.service",
        "   8    ?     ?        ?         ? (in the kernel, cannot be ended)",
    ]


def test_on_a_terminal_there_are_bars_and_no_line_is_wider() -> None:
    lines = shown(BUSY, look=PICTURE).splitlines()
    assert "█" * 12 + "\x1b[0m" + "░" * 12 in lines[3]
    assert all(len(re.sub(r"\x1b\[\d+m", "", line)) <= 80 for line in lines)
    assert all(line.count("\x1b[") % 2 == 0 or line.endswith("\x1b[0m") for line in lines)


def test_a_card_that_tells_nothing_shows_no_zero() -> None:
    told = shown(Card(index=3, uuid="GPU-3", name="NVIDIA L4", address="0000:04:00.0"))
    assert "GPU ? %" in told
    assert "? of ?" in told
    assert "0 %" not in told


def test_a_lost_card_and_a_host_without_one_say_why() -> None:
    gone = Card(
        index=1, uuid="GPU-1", name="NVIDIA L4", address="0000:02:00.0", state=LOST, error="GPU is lost"
    )
    assert "lost: GPU is lost" in shown(gone)
    none = Snapshot(taken_at=0.0, host="lab-1", state=NO_CARD, why="this host has no NVIDIA card")
    assert drawn(none, PLAIN).splitlines()[1] == "no card: this host has no NVIDIA card"


def test_advice_names_the_card_and_what_to_do() -> None:
    told = shown(
        BUSY, advice=(Advice("GPU-0", "xid-79", "problem", "it fell off the bus", "restart the host", 0.0),)
    )
    assert told.splitlines()[-2:] == [
        "problem: card 0 (NVIDIA L40S): it fell off the bus",
        "  try: restart the host",
    ]


def test_the_parts_of_a_card_are_named() -> None:
    parts = (MigInstance("MIG-a", 1, 0, "1g.10gb", 1, 1), MigInstance("MIG-b", 2, 0, "2g.20gb", 1, 1))
    cut = Card(index=0, uuid="GPU-0", name="A100", address="", mig_enabled=True, mig_instances=parts)
    assert "MIG: 1g.10gb, 2g.20gb" in shown(cut)


def test_amounts_are_told_as_people_say_them() -> None:
    assert [gib(None), gib(5 * 2**20), gib(3 * 2**29)] == ["?", "5 MiB", "1.5 GiB"]
    assert [duration(-1), duration(3725), duration(90061)] == ["0:00:00", "1:02:05", "1 d 01:01"]

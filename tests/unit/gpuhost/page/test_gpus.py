"""What the page tells of GPUs and their leases, of what telemetry and leases have on record."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gpuhost.page import values
from gpuhost.page.gpus import sections
from gpuhost.page.gpus.reading import leases, told
from gpuhost.telemetry import snapshot as telemetry
from tests.unit.gpuhost.page.samples import NOON

CARD = telemetry.Card(
    index=0,
    uuid="GPU-0",
    name="Tesla <T4>",
    address="0000:01:00.0",
    memory_used_bytes=2**30,
    memory_total_bytes=15 * 2**30,
    utilization_percent=37,
    temperature_c=54,
    processes=(
        telemetry.Process(7, telemetry.COMPUTE, 1, "ada", 1000, "python train.py", 0.0, "R"),
        telemetry.Process(8, telemetry.COMPUTE, 1, "ada", 1000, "python train.py", 0.0, "R"),
        telemetry.Process(9, telemetry.COMPUTE, 1, "", None, "", None, ""),
    ),
)
LOST = telemetry.Card(1, "GPU-1", "", "", state=telemetry.LOST, error="GPU is lost")
ADVICE = telemetry.Advice("GPU-1", "lost", "problem", "it fell off its bus", "restart the host", 1.0)
SNAPSHOT = telemetry.Snapshot(
    taken_at=1.0, host="vm", state=telemetry.OK, driver="535.309.01", cards=(CARD, LOST), advice=(ADVICE,)
)
JOB = {
    "id": 3, "user": "ada", "command": "python train.py", "name": "", "state": "running", "gpus": 1,
    "labels": ["GPU 0"], "why": "", "starts_at": 1.0, "ends_at": NOON.timestamp(),
}  # fmt: skip


def test_a_card_is_told_with_who_is_on_it_and_one_that_fell_off_its_bus_too() -> None:
    assert told(SNAPSHOT) == values.Graphics(
        driver="535.309.01",
        cards=(
            values.Card(
                name="Tesla <T4>",
                memory_used=2**30,
                memory_total=15 * 2**30,
                percent=37,
                celsius=54,
                users=("ada: python train.py", "somebody: process 9"),
            ),
            values.Card(
                name="Card 1, which does not answer",
                memory_used=None,
                memory_total=None,
                percent=None,
                celsius=None,
            ),
        ),
        wrong=(("it fell off its bus", "restart the host"),),
    )


@pytest.mark.parametrize(
    ("state", "why", "words"),
    [
        (telemetry.NO_CARD, "this host has no NVIDIA card", "programs compute on its processors"),
        (telemetry.NO_DRIVER, "this host has an NVIDIA card and no NVIDIA driver", "no NVIDIA driver"),
        (telemetry.MISMATCH, "they are of two versions", "of two versions. To do: restart the host."),
        (telemetry.HUNG, "the driver has not answered for 20 seconds", "not answered"),
    ],
)
def test_a_host_that_cannot_use_its_cards_says_why(state: str, why: str, words: str) -> None:
    advice = (replace(ADVICE, about=""),) if state == telemetry.MISMATCH else ()
    found = told(replace(SNAPSHOT, state=state, why=why, cards=(), advice=advice))
    assert isinstance(found, values.Missing)
    assert words in found.reason


def test_the_page_shows_who_is_on_a_card_and_what_to_do() -> None:
    page = str(sections.graphics(told(SNAPSHOT)))
    assert "Tesla &lt;T4&gt;" in page
    assert "ada: python train.py; somebody: process 9" in page
    assert "it fell off its bus. To do: restart the host" in page


def test_leases_are_told_and_who_waits(tmp_path: Path) -> None:
    file = tmp_path / "leases.json"
    assert leases(file) is None
    waiting = {
        **JOB,
        "state": "waiting",
        "labels": [],
        "name": "sweep",
        "why": "no GPU is free",
        "ends_at": None,
    }
    file.write_text(json.dumps({"jobs": [JOB, waiting, {**JOB, "state": "ended"}]}))
    found = leases(file)
    assert found is not None
    assert [(job.user, job.command, job.gpus, job.waits) for job in found] == [
        ("ada", "python train.py", "GPU 0", False),
        ("ada", "sweep", "1", True),
    ]
    page = str(sections.leases(found))
    assert page.index("Who has which GPU") < page.index("Who waits")
    assert "no GPU is free" in page
    assert str(sections.leases(None)) == ""
    assert "Nobody has a GPU leased" in str(sections.leases(()))

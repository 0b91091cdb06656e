"""What hosts say of their GPUs and of who used them: the host's own values, read strictly; a host that is down breaks nothing off."""

import json
from dataclasses import replace

import pytest

from gpuhost.telemetry.snapshot import COMPUTE, MISMATCH, OK, Advice, Card, Process, Snapshot
from gpuhost.telemetry.usage.account import Use as HostsUse
from orchestrator.cli.telemetry.gpus import lines
from orchestrator.cli.telemetry.problems import problem_lines
from orchestrator.errors import UnreachableError
from orchestrator.models import HostState
from orchestrator.remote import Completed
from orchestrator.telemetry.asking import GPUS, USAGE, Asked, read_gpus, read_usage
from orchestrator.telemetry.sums import KEYS, summed
from orchestrator.telemetry.values import HostGpus, HostUse, Reach
from tests.unit.builders import ScriptedShell, completed, host

CARD = Card(
    index=0,
    uuid="GPU-0",
    name="NVIDIA L40S\x1b[31m",
    address="0000:01:00.0",
    utilization_percent=87,
    memory_used_bytes=2**33,
    memory_total_bytes=2**34,
    temperature_c=61,
    power_w=213.4,
    power_limit_w=350.0,
    throttle_reasons=("power limit",),
    processes=(
        Process(
            7, COMPUTE, 2**33, "ada", 1000, "python train.py", 1.0, "R", unit="orchestrate-run-3.service"
        ),
    ),
)
LOST = Card(index=1, uuid="GPU-1", name="NVIDIA L40S", address="", state="lost", error="GPU is lost")
ADVICE = Advice("GPU-1", "lost", "problem", "it fell off its bus", "restart the host", 1.0)
SNAPSHOT = Snapshot(
    taken_at=1.0, host="vm", state=OK, driver="580.95.05", cards=(CARD, LOST), advice=(ADVICE,)
)
ASKED = Asked(host=host("lab-1"), typed_up="orchestrate up --name lab")
USES = [
    HostsUse("2026-11", "ada", "orchestrate-run-3.service", "GPU-0", "NVIDIA L40S", 7200.0, 3600.0, 3.6e6),
    HostsUse("2026-11", "bob", "", "GPU-1", "NVIDIA L40S", 3600.0, 0.0, 1.8e6),
    HostsUse("2026-10", "", "", "GPU-1", "NVIDIA L40S", 0.0, 0.0, 7.2e6),
]


def gpus(answer: Completed, asked: Asked = ASKED) -> HostGpus:
    return read_gpus(
        asked, lambda: ScriptedShell(lambda argv: answer if argv == GPUS else completed(exit_code=1))
    )


def usage(answer: Completed, price: float = 0.0) -> HostUse:
    asked = replace(ASKED, host=replace(ASKED.host, price_usd_per_hour=price))
    return read_usage(
        asked, lambda: ScriptedShell(lambda argv: answer if argv == USAGE else completed(exit_code=1))
    )


def test_what_the_hosts_program_says_is_shown() -> None:
    found = gpus(completed(json.dumps(SNAPSHOT.as_dict())))
    assert found.reach is Reach.ANSWERED
    assert list(lines(found)) == [
        "\x1b[1mlab-1\x1b[0m  driver 580.95.05",
        "  0  NVIDIA L40S  87 %  8.0 of 16.0 GiB  61 °C  213 W of 350 W  held back: power limit",
        "       ada: python train.py  8.0 GiB  pid 7  orchestrate-run-3.service",
        "  1  NVIDIA L40S  \x1b[31mlost: GPU is lost\x1b[0m",
        "\x1b[31m  problem: GPU 1: it fell off its bus\x1b[0m",
        "    try: restart the host",
    ]
    assert json.loads(found.document)["cards"][0]["memory_total_bytes"] == 2**34
    assert list(problem_lines((found,))) == [
        "  lab-1: GPU 1 (NVIDIA L40S): it fell off its bus",
        "    try: restart the host",
    ]


def test_a_host_that_is_down_or_halted_is_shown_as_down() -> None:
    def broken() -> ScriptedShell:
        raise UnreachableError("lab-1 does not answer", "orchestrate status")

    found = read_gpus(ASKED, broken)
    assert (found.reach, found.why, found.hint) == (Reach.DOWN, "lab-1 does not answer", "orchestrate status")
    halted = replace(ASKED, host=replace(ASKED.host, state=HostState.STOPPED))
    stopped = gpus(completed(), halted)
    assert (stopped.reach, stopped.hint) == (Reach.DOWN, "orchestrate up --name lab")
    assert list(lines(stopped))[1] == "  try: orchestrate up --name lab"


@pytest.mark.parametrize(
    "answer",
    [
        completed(exit_code=127, stderr="gpuhost: not found\n"),
        completed(exit_code=2, stderr="usage: gpuhost COMMAND"),
        completed(""),
        completed("[]"),
        completed('{"cards": []}'),
        completed(json.dumps({**SNAPSHOT.as_dict(), "cards": [{}]})),
        completed(json.dumps({**SNAPSHOT.as_dict(), "cards": 5})),
        completed(json.dumps(replace(SNAPSHOT, cards=(replace(CARD, temperature_c=-5),)).as_dict())),
        completed(json.dumps(replace(SNAPSHOT, cards=(CARD,) * 65).as_dict())),
    ],
)
def test_a_host_without_the_program_or_with_another_one_says_what_to_type(answer: Completed) -> None:
    found = gpus(answer)
    assert (found.reach, found.hint) == (Reach.WITHOUT_PROGRAM, "orchestrate up --name lab")
    assert found.why


def test_a_mismatch_is_told_with_its_reason() -> None:
    broken = replace(SNAPSHOT, state=MISMATCH, why="they are of two versions", cards=(), advice=())
    assert "driver mismatch: they are of two versions" in next(
        lines(gpus(completed(json.dumps(broken.as_dict()))))
    )


def test_usage_is_read_with_its_price() -> None:
    said = completed(json.dumps({"uses": [vars(use) for use in USES]}))
    found = usage(said, price=4.0)
    assert [(use.user, use.held_s, use.usd) for use in found.uses] == [
        ("ada", 7200.0, 4.0),
        ("bob", 3600.0, 2.0),
        ("", 0.0, 0.0),
    ]
    assert [use.usd for use in usage(said).uses] == [None, None, None]
    assert usage(completed("{}")).reach is Reach.WITHOUT_PROGRAM


def test_uses_are_summed_by_what_is_asked() -> None:
    uses = usage(completed(json.dumps({"uses": [vars(use) for use in USES]})), price=4.0).uses
    people = [
        (each.key, each.gpu_hours, each.busy_hours, each.kwh, each.usd) for each in summed(uses, "user")
    ]
    assert people == [
        ("ada", 2.0, 1.0, 1.0, 4.0),
        ("bob", 1.0, 0.0, 0.5, 2.0),
        ("(nobody)", 0.0, 0.0, 2.0, 0.0),
    ]
    assert [each.key for each in summed(uses, "month")] == ["2026-10", "2026-11"]
    assert summed(uses, "job")[0].key == "lab-1: orchestrate-run-3.service"
    assert {by: len(summed(uses, by)) for by in KEYS} == {
        "user": 3,
        "job": 3,
        "month": 2,
        "card": 2,
        "host": 1,
    }
    assert summed([], "user") == ()

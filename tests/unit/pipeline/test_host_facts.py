"""Each host is asked once in a run: for the plan and again for the preflight it is the same answer."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.models import Host, HostFacts
from orchestrator.pipeline import host_facts
from orchestrator.pipeline.host_facts import HostFactsReader
from orchestrator.stages.preflight import InstallPaths
from tests.unit.builders import host
from tests.unit.stacks import stack
from tests.unit.stages.proofs import plan

FACTS = HostFacts(
    host="lab-1",
    distribution="debian-12",
    architecture="x86_64",
    python="3.11",
    container="",
    kernel="6.1.0-40-amd64",
    kernel_next="6.1.0-40-amd64",
    headers=True,
    secure_boot=False,
    cards=(),
    nvswitches=0,
    driver_loaded="",
    driver_installed="",
    driver_origin="",
    gpu_holders=(),
    memory_mib=512,
    disk_free_mib={"/": 90000},
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts that were asked, in order; each has little memory and no card."""
    names: list[str] = []

    def probe(hosts: tuple[Host, ...], _key: Path | None, _places: InstallPaths) -> tuple[HostFacts, ...]:
        names.extend(each.name for each in hosts)
        return tuple(replace(FACTS, host=each.name) for each in hosts)

    monkeypatch.setattr(host_facts, "probe", probe)
    return names


def test_what_a_host_said_for_the_plan_is_not_asked_again_for_the_preflight(asked: list[str]) -> None:
    hosts = (host("lab-1"), host("lab-2"))
    known = HostFactsReader(None)
    hardware = known.hardware(hosts[:1], InstallPaths())
    found = known.preflight(plan("lab-1", "lab-2", stacks={"lab-1": stack(), "lab-2": stack()}), hosts)
    assert asked == ["lab-1", "lab-2"]
    assert hardware["lab-1"].distribution == "debian-12"
    assert [facts.host for facts in found.facts] == ["lab-1", "lab-2"]


def test_obstacles_are_found_on_every_host(asked: list[str]) -> None:
    hosts = (host("lab-1"), host("lab-2"))
    found = HostFactsReader(None).preflight(
        plan("lab-1", "lab-2", stacks={"lab-1": stack(), "lab-2": stack()}), hosts
    )
    assert [(each.host, each.blocks) for each in found.obstacles] == [("lab-1", True), ("lab-2", True)]
    assert asked == ["lab-1", "lab-2"]

"""The role nvidia_driver alone, the plan and `orchestrate resolve` take the same driver, for every card and distribution."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.orchestrate.gpu.plugins.action.nvidia_hardware_info import chosen as chosen_by_action
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.choice import catalog, choice
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

from orchestrator.catalog import load
from orchestrator.catalog.rows import PciDevice
from orchestrator.models import Builder, Driver, Hardware, Stack, Wishes
from orchestrator.resolve import cards_of, resolve
from orchestrator.resolve.attempt import ask, attempt
from orchestrator.resolve.rules.question import ContradictionError

CATALOG = load()
ROLE = Path(__file__).resolve().parents[3] / "roles" / "nvidia_driver"
NVSWITCH = "22a3"
Chosen = tuple[str, str, str, tuple[str, ...]]
"""Branch, modules, source and packages."""
DISTRIBUTIONS = tuple(row.distribution for row in CATALOG.distributions)


@cache
def known() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(
        (ROLE / "vars" / "catalog.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
    )
    return {name.removeprefix("__nvidia_driver_"): value for name, value in loaded.items()}


def sent(distribution: str) -> dict[str, Any]:
    """What the role passes to its action on an x86_64 host where nothing is set."""
    return {
        **dict.fromkeys(("branch", "flavour", "source"), "auto"),
        "force": False,
        "container": False,
        "secure_boot": "refuse",
        "distribution": distribution,
        "architectures": known()["architectures"],
        "drivers": [row for row in known()["drivers"][distribution] if "x86_64" in row["cpus"]],
    }


@cache
def wish(distribution: str) -> Any:
    """The same as a wish."""
    return catalog.wish_of(sent(distribution))


def of_role(devices: tuple[PciDevice, ...], distribution: str) -> Chosen | None:
    """The role's choice for these cards on the bus; None where it refuses."""
    cards = tuple(
        catalog.Card(address=f"{slot:04}", device_id=device.device_id, name=device.name)
        for slot, device in enumerate(devices)
    )
    seen = catalog.Seen(cards=cards, nvswitches=0, secure_boot=False, loaded="")
    try:
        driver = choice.choose(seen, wish(distribution))
    except HostError:
        return None
    assert driver
    packages = (*driver.packages, *driver.fabric_manager, *driver.nvlink5)
    return driver.branch, driver.flavour, driver.source, packages


def of_scenario(case: dict[str, Any]) -> str:
    """The role's choice for a case of its scenario `alternative`, or the words of its refusal."""
    distribution = case.get("distribution", "Debian 12")
    wanted = replace(
        wish(distribution.lower().replace(" ", "-")),
        **{name: case.get(name, "auto") for name in ("branch", "flavour", "source")},
        distribution=distribution,
        force=case.get("force", True),
        container=True,
    )
    cards = [device for device in case["cards"] if device != NVSWITCH]
    seen = catalog.Seen(
        cards=tuple(
            catalog.Card(address=f"{slot}", device_id=one, name=wanted.names.get(one, f"10de:{one}"))
            for slot, one in enumerate(cards)
        ),
        nvswitches=len(case["cards"]) - len(cards),
        secure_boot=False,
        loaded="",
    )
    try:
        driver = choice.choose(seen, wanted)
    except HostError as refusal:
        return str(refusal)
    return f"{driver.branch} {driver.flavour} {driver.source}" if driver else "nothing"


def of_resolver(gpus: tuple[str, ...], distribution: str) -> Chosen | None:
    """The resolver's driver; None where it refuses."""
    hardware = Hardware(gpus=gpus, distribution=distribution, architecture="x86_64")
    try:
        chosen = attempt(ask(hardware, Wishes(), Builder.CONDA, CATALOG)).driver
    except ContradictionError:
        return None
    return decided(chosen)


def decided(driver: Driver | None) -> Chosen:
    assert driver
    return driver.branch, driver.flavour.value, driver.source.value, driver.packages


@cache
def kinds() -> tuple[PciDevice, ...]:
    """One device of each kind that an answer may differ by, of those that sit in x86_64 hosts."""
    seen: dict[tuple[object, ...], PciDevice] = {}
    for device in CATALOG.pci_devices:
        card = CATALOG.gpu_of(device)
        if card.host == "x86_64":
            key = (card.compute_capability, device.first_branch, device.newest_branch, card.nvswitch_from)
            seen.setdefault(key, device)
    return tuple(seen.values())


def differing(hosts: Iterator[tuple[PciDevice, ...]], distribution: str) -> list[object]:
    """Hosts for which the resolver has a driver, and the role another or none."""
    found: list[object] = []
    for devices in hosts:
        theirs = of_resolver(tuple(CATALOG.gpu_of(device).gpu for device in devices), distribution)
        if theirs is not None and theirs != of_role(devices, distribution):
            found.append(([device.name for device in devices], theirs, of_role(devices, distribution)))
    return found


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_card_gets_the_driver_that_resolve_names(distribution: str) -> None:
    assert differing(((device,) for device in kinds()), distribution) == []


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_two_different_cards_get_the_driver_that_resolve_names(distribution: str) -> None:
    assert differing(combinations(kinds(), 2), distribution) == []


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_eight_cards_get_the_fabric_manager_that_resolve_names(distribution: str) -> None:
    boards = [device for device in kinds() if CATALOG.gpu_of(device).nvswitch_from]
    assert {device.architecture for device in boards} >= {"Ampere", "Hopper", "Blackwell"}
    assert differing(((device,) * 8 for device in boards), distribution) == []


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_every_instance_type_gets_the_driver_that_resolve_and_the_plan_name(distribution: str) -> None:
    wrong = []
    for row in CATALOG.ec2_types:
        if row.vendor != "NVIDIA" or not row.gpu_count or row.host != "x86_64":
            continue
        answer = resolve(cards_of(row.instance_type, distribution, CATALOG), Wishes(), Builder.CONDA, CATALOG)
        device = CATALOG.devices_of(CATALOG.gpu(row.gpu))[0]
        if isinstance(answer, Stack) and decided(answer.driver) != of_role(
            (device,) * row.gpu_count, distribution
        ):
            wrong.append((row.instance_type, answer.driver, of_role((device,) * row.gpu_count, distribution)))
    assert wrong == []


def test_what_the_scenario_expects_of_real_hosts_is_what_is_decided() -> None:
    path = ROLE / "molecule" / "alternative" / "files" / "choices.yml"
    for case in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader):
        said = of_scenario(case)
        assert said == case.get("chooses", said), case
        assert re.search(case.get("refuses", ""), said), case


def test_blackwells_switches_are_found_though_they_are_not_on_the_bus() -> None:
    b200 = CATALOG.device("2901")
    assert b200
    chosen = of_role((b200,) * 8, "debian-12")
    assert chosen
    assert {"nvidia-fabricmanager-580", "nvlink5-580"} <= set(chosen[-1])
    alone = of_role((b200,), "debian-12")
    assert alone
    assert "nvlink5-580" not in alone[-1]


def test_the_choice_is_made_on_the_controller_of_what_the_host_shows() -> None:
    shown = {
        "cards": [{"address": "0", "device_id": "1eb8"}],
        "nvswitches": 0,
        "secure_boot": False,
        "loaded": "",
    }
    answer = chosen_by_action(shown, sent("debian-12"))
    assert answer["driver"]["packages"] == ["nvidia-driver"]
    assert answer["choice"].startswith("Tesla T4: driver 535 with proprietary kernel modules")
    refused = chosen_by_action(shown, sent("debian-12") | {"branch": "999"})
    assert refused["failed"]
    assert "\n  try: " in refused["msg"]

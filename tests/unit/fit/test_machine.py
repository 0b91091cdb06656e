"""Cards against power supply, case, plugs, slots and lanes: what is enough, what is not, and what to buy."""

import pytest

from orchestrator.catalog import load
from orchestrator.errors import UsageError
from orchestrator.fit.machine.checks import checks
from orchestrator.fit.machine.machine import Check, Machine, State, plugs

CATALOG = load()


def judged(gpu: str, machine: Machine, count: int = 1) -> dict[str, Check]:
    board = CATALOG.desktop_card(CATALOG.gpu(gpu))
    assert board is not None
    return {check.name: check for check in checks(board, count, machine, CATALOG)}


@pytest.mark.parametrize(
    ("gpu", "count", "watts", "atx", "supply", "peaks"),
    [
        ("RTX 4090", 1, 850, 3, State.OK, State.OK),
        ("RTX 4090", 1, 750, 3, State.FAILED, State.OK),
        ("RTX 3090", 1, 750, 2, State.OK, State.OK),
        ("RTX 3090", 1, 650, 2, State.FAILED, State.FAILED),
        ("RTX 5090", 1, 1000, 2, State.OK, State.FAILED),  # an older supply may switch off at its peaks
        ("RTX 5090", 1, 1000, 3, State.OK, State.OK),
        ("RTX 4090", 2, 1200, 3, State.FAILED, State.OK),
        ("RTX 4090", 2, 1600, 3, State.OK, State.OK),
        ("T4", 1, 450, 2, State.OK, State.OK),
    ],
)
def test_a_power_supply_has_to_carry_the_load_the_maker_s_figure_and_the_peaks(  # noqa: PLR0917  a table
    gpu: str, count: int, watts: int, atx: int, supply: State, peaks: State
) -> None:
    said = judged(gpu, Machine(power_supply_w=watts, atx=atx), count)
    assert (said["power supply"].state, said["power peaks"].state) == (supply, peaks)
    assert all(
        bool(check.buy) == (check.state is State.FAILED)
        for check in said.values()
        if check.name.startswith("power")
    )


def test_what_to_buy_is_a_rating_that_then_is_enough() -> None:
    assert judged("RTX 4090", Machine(power_supply_w=650))["power supply"].buy == "a power supply of 850 W"
    assert "1000 W" in judged("RTX 5090", Machine(power_supply_w=850))["power peaks"].buy
    assert "none is sold" in judged("RTX 5090", Machine(power_supply_w=1600), 4)["power supply"].buy


def test_a_load_beyond_one_household_circuit_is_told() -> None:
    assert "mains" not in judged("RTX 4090", Machine(power_supply_w=1600), 2)
    assert judged("RTX 4090", Machine(power_supply_w=2000), 3)["mains"].state is State.NARROW


@pytest.mark.parametrize(
    ("gpu", "count", "free", "state"),
    [
        ("RTX 4090", 1, "16-pin", State.OK),
        ("RTX 4090", 1, "8-pin:3", State.OK),  # by the adapter in the box
        ("RTX 4090", 1, "8-pin:2", State.FAILED),
        ("RTX 4090", 2, "16-pin:1,8-pin:3", State.OK),
        ("RTX 4090", 2, "16-pin:1,8-pin:2", State.FAILED),
        ("GTX 1080 Ti", 1, "8-pin:2", State.OK),  # a 6+2 goes into a socket of six
        ("GTX 1080 Ti", 1, "6-pin:2", State.FAILED),
        ("RTX A6000", 1, "8-pin:1", State.FAILED),  # it wants that of a CPU
        ("RTX A6000", 1, "EPS:1", State.OK),
        ("RTX A2000", 1, "", State.OK),
    ],
)
def test_each_card_takes_plugs_that_are_then_gone(gpu: str, count: int, free: str, state: State) -> None:
    assert judged(gpu, Machine(connectors=plugs(free)), count)["connectors"].state is state


def test_plugs_are_written_as_people_write_them() -> None:
    assert plugs("8pin:2, 12VHPWR, EPS 8-pin:1") == ("8-pin", "8-pin", "16-pin", "EPS-8-pin")
    assert plugs("6+2-pin") == ("8-pin",)
    assert plugs("") == ()
    for wrong in ("molex:2", "8-pin:many", "8-pin:-1", "8"):
        with pytest.raises(UsageError, match="is no plug"):
            plugs(wrong)


@pytest.mark.parametrize(
    ("gpu", "room_mm", "state"),
    [
        ("RTX 4090", 300, State.FAILED),
        ("RTX 4090", 330, State.NARROW),
        ("RTX 4090", 370, State.OK),
        ("RTX 4070 Ti", 300, State.UNKNOWN),  # no reference card
    ],
)
def test_the_reference_card_is_no_word_on_the_length_of_partners_cards(
    gpu: str, room_mm: int, state: State
) -> None:
    assert judged(gpu, Machine(case_length_mm=room_mm))["length"].state is state


def test_slots_add_up_and_an_unknown_width_is_no_yes() -> None:
    assert judged("RTX 4090", Machine(slots=6), 2)["slots"].state is State.OK
    assert judged("RTX 4090", Machine(slots=5), 2)["slots"].state is State.FAILED
    assert judged("RTX 4070 Ti", Machine(slots=4))["slots"].state is State.UNKNOWN


@pytest.mark.parametrize(
    ("gpu", "count", "machine", "state", "said"),
    [
        ("RTX 4090", 1, Machine(pcie_lanes=16), State.OK, "x16"),
        ("RTX 4090", 2, Machine(pcie_lanes=16), State.NARROW, "x8"),
        ("RTX 4090", 1, Machine(pcie_lanes=16, pcie_generation=3), State.NARROW, "15.8 of 31.5 GB/s"),
        ("RTX 4060", 1, Machine(pcie_lanes=16), State.OK, "x8"),
        ("RTX 4090", 1, Machine(pcie_lanes=1), State.FAILED, "x1"),
        ("RTX 4090", 3, Machine(pcie_lanes=2), State.FAILED, "x0"),
    ],
)
def test_lanes_are_shared_and_fewer_are_slower(
    gpu: str, count: int, machine: Machine, state: State, said: str
) -> None:
    check = judged(gpu, machine, count)["PCIe"]
    assert check.state is state
    assert said in check.have


def test_a_card_without_a_fan_is_none_for_a_desktop() -> None:
    assert judged("Tesla P40", Machine(power_supply_w=1000))["cooling"].state is State.FAILED
    assert "cooling" not in judged("RTX 4090", Machine(power_supply_w=1000))


def test_what_nobody_said_is_not_judged() -> None:
    assert judged("RTX 4090", Machine()) == {}

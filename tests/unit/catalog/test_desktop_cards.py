"""The table of desktop cards and that of the figures that `fit` calculates with."""

import csv
from pathlib import Path

from orchestrator.catalog import load
from orchestrator.fit.machine.checks import GB_PER_LANE
from orchestrator.fit.machine.machine import PLUGS

CATALOG = load()
ROOT = Path(__file__).resolve().parents[3]
RATES = ROOT / "workloads/gpu_burn/rates.csv"
CARRIES_W = {"6-pin": 75, "8-pin": 150, "12-pin": 600, "16-pin": 600, "EPS-8-pin": 300}
"""By the PCI Express CEM specification, EPS12V for the last; the slot itself carries 75 W."""
OVER_W = 5
"""By which RTX A5000 and A5500 exceed their plug and the slot, by their data sheets."""


def test_desktop_cards_are_gpus_of_the_catalog_each_once() -> None:
    names = [card.gpu for card in CATALOG.desktop_cards]
    assert len(names) == len(set(names))
    gpus = {gpu.gpu for gpu in CATALOG.gpus}
    assert set(names) <= gpus


def test_plugs_carry_what_a_card_takes_and_an_adapter_as_much() -> None:
    for card in CATALOG.desktop_cards:
        assert set(card.connectors) | set(card.adapter) <= set(PLUGS), card.gpu
        assert card.power_w <= OVER_W + 75 + sum(CARRIES_W[plug] for plug in card.connectors), card.gpu
        assert not card.adapter or card.power_w <= 75 + sum(CARRIES_W[plug] for plug in card.adapter), (
            card.gpu
        )


def test_figures_of_boards_are_ones_that_boards_have() -> None:
    for card in CATALOG.desktop_cards:
        assert card.length_mm == 0 or 140 <= card.length_mm <= 360, card.gpu
        assert card.slots in range(5), card.gpu
        assert card.power_supply_w == 0 or card.power_w + 150 <= card.power_supply_w <= 1200, card.gpu
        assert card.pcie_generation in GB_PER_LANE, card.gpu
        assert card.pcie_lanes in {8, 16}, card.gpu
        assert card.cooling in {"fan", "passive"}, card.gpu


def test_board_power_is_no_less_than_what_the_load_test_knows_of_the_card() -> None:
    with RATES.open(encoding="utf-8", newline="") as file:
        known = {row["name"]: int(row["power_w"]) for row in csv.DictReader(file)}
    both = [card for card in CATALOG.desktop_cards if card.gpu in known]
    assert len(both) > 20
    for card in both:
        assert known[card.gpu] <= card.power_w <= known[card.gpu] + 40, card.gpu


def test_a_card_is_found_under_what_people_call_it() -> None:
    for name, gpu in {
        "4090": "GeForce RTX 4090",
        "RTX 3060 12GB": "GeForce RTX 3060",
        "10de:2684": "GeForce RTX 4090",
    }.items():
        board = CATALOG.desktop_card(CATALOG.gpu(name))
        assert board is not None
        assert board.gpu == gpu
    assert CATALOG.desktop_card(CATALOG.gpu("H100 SXM")) is None


def test_every_figure_has_a_name_of_its_own_and_a_share_is_one() -> None:
    names = [row.constant for row in CATALOG.fit_constants]
    assert len(names) == len(set(names))
    assert all(0 < row.value < 1 for row in CATALOG.fit_constants if row.unit == "share")
    assert {row.unit for row in CATALOG.fit_constants} == {"MiB", "W", "mm", "share", "times"}


def test_every_figure_is_calculated_with() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "orchestrator/fit").rglob("*.py"))
    unused = {row.constant for row in CATALOG.fit_constants if f'"{row.constant}"' not in source}
    assert unused == {f"tf_reserve_{major}" for major in range(6, 10)}  # by the card's generation

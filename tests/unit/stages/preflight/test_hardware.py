"""A host's cards by the names of the catalog."""

from dataclasses import replace

import pytest

from orchestrator.catalog import load
from orchestrator.models import Hardware
from orchestrator.stages.preflight import hardware
from orchestrator.stages.preflight.cards import UnknownCardError
from tests.unit.stages.preflight.situations import BARE, WITHOUT_CARD

CARD = BARE.cards[0]


@pytest.mark.parametrize(
    ("device_ids", "gpus"),
    [
        (("1eb8",), ("Tesla T4",)),
        (("102d", "102d"), ("Tesla K80", "Tesla K80")),
        (("20b0", "2684"), ("A100-SXM4-40GB", "GeForce RTX 4090")),
    ],
)
def test_cards_are_known_by_their_pci_device_ids(device_ids: tuple[str, ...], gpus: tuple[str, ...]) -> None:
    facts = replace(BARE, cards=tuple(replace(CARD, device_id=device_id) for device_id in device_ids))
    assert hardware(facts, load()) == Hardware(gpus=gpus, distribution="debian-12", architecture="x86_64")


def test_a_host_without_cards_is_hardware_too() -> None:
    assert hardware(WITHOUT_CARD, load()).gpus == ()


def test_an_unknown_id_is_known_by_the_name_that_its_driver_gives() -> None:
    facts = replace(BARE, cards=(replace(CARD, device_id="ffff", name="NVIDIA A100-SXM4-80GB"),))
    assert hardware(facts, load()).gpus == ("A100-SXM4-80GB",)


@pytest.mark.parametrize(
    ("name", "seen"), [("", "0000:00:1e.0"), ("Rubin X", "which its driver calls 'Rubin X',")]
)
def test_a_card_that_nobody_knows_is_named_by_its_id(name: str, seen: str) -> None:
    facts = replace(BARE, cards=(replace(CARD, device_id="ffff", name=name),))
    with pytest.raises(UnknownCardError) as raised:
        hardware(facts, load())
    assert raised.value.cause.startswith(
        "lab-1: the catalog does not know the card 10de:ffff at 0000:00:1e.0"
    )
    assert seen in raised.value.cause
    assert "orchestrate resolve --gpu NAME --distribution debian-12" in raised.value.hint

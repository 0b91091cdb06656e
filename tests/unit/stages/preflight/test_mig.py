"""A card in MIG mode: CUDA sees its instances, and where there are none, nothing."""

from dataclasses import replace

from orchestrator.catalog import load
from orchestrator.stages.preflight.obstacles import obstacles
from tests.unit.stages.preflight.situations import GPU_STACK, READY


def found(instances: int | None) -> list[tuple[bool, str]]:
    facts = replace(READY, cards=tuple(replace(card, mig_instances=instances) for card in READY.cards))
    return [
        (each.blocks, each.seen) for each in obstacles(facts, GPU_STACK, load(), {}) if "MIG" in each.seen
    ]


def test_a_card_in_mig_mode_without_an_instance_blocks() -> None:
    ((blocks, seen),) = found(0)
    assert blocks
    assert "no instance: CUDA finds no GPU" in seen


def test_a_split_card_is_said_and_a_whole_one_is_not() -> None:
    ((blocks, seen),) = found(7)
    assert not blocks
    assert "7 MIG instances" in seen
    assert found(None) == []

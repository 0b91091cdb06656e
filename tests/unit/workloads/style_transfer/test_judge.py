"""What a run of the style network has to show: each fault fails its check by name."""

import math
from dataclasses import replace

import numpy as np
import pytest

from workloads.result import Kind, Outcome
from workloads.style_transfer import judge
from workloads.style_transfer.network.layers import layers
from workloads.style_transfer.rendering import Rendering
from workloads.style_transfer.tiles import MIB, Room, plan

ROOM = Room(kind=Kind.CPU, free=16_384 * MIB, source="MemAvailable")
PLAN = plan(layers(32), ROOM, (2828, 4242), "auto")
CPU = Rendering(
    device="CPU:0",
    place="CPU:0",
    room=ROOM,
    plan=PLAN,
    first_seconds=80.0,
    seconds=75.0,
    before=600 * MIB,
    peak=600 * MIB + PLAN.need - 100 * MIB,
    pixels=np.zeros((4, 4, 3), np.uint8),
)
GPU = replace(CPU, device="GPU:0", place="GPU:0", before=400 * MIB, peak=PLAN.need + 700 * MIB)


def test_what_was_predicted_passes() -> None:
    assert judge.check_memory_predicted([GPU, CPU]).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (replace(CPU, peak=CPU.predicted + 1), "CPU:0 took"),
        (replace(GPU, peak=2 * PLAN.need + 1), "GPU:0 took"),
        (replace(CPU, plan=replace(PLAN, need=16_000 * MIB), peak=3600 * MIB), "far less than 16000 MiB"),
    ],
)
def test_more_than_was_predicted_or_a_prediction_without_use_fails(made: Rendering, reason: str) -> None:
    assert reason in judge.check_memory_predicted([made]).reason


def test_a_small_picture_may_take_far_less_than_the_libraries_are_allowed() -> None:
    small = replace(CPU, plan=replace(PLAN, need=600 * MIB), peak=CPU.before + 40 * MIB)
    assert judge.check_memory_predicted([small]).outcome is Outcome.PASSED


def test_nothing_made_or_tried_is_no_pass() -> None:
    for made in (
        judge.check_memory_predicted([]),
        judge.check_numpy({}),
        judge.check_seams({}),
        judge.check_pictures({}, {}),
        judge.check_places(Kind.CPU, []),
    ):
        assert made.outcome is Outcome.FAILED


@pytest.mark.parametrize("wrong", [2e-4, math.nan])
def test_a_device_that_computes_otherwise_fails_by_name(wrong: float) -> None:
    assert judge.check_numpy({"GPU:0": wrong, "CPU:0": 1e-6}).reason == "GPU:0 differs from NumPy"
    assert judge.check_seams({"GPU:0": 1e-6, "CPU:0": wrong}).reason == "CPU:0 shows its tiles"
    assert judge.check_numpy({"CPU:0": 1e-6}).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    ("contrast", "change", "reason"),
    [
        (1.0, 40.0, "CPU:0: one colour all over"),
        (30.0, 0.5, "CPU:0: the photograph as it was"),
        (math.nan, 40.0, "CPU:0: one colour all over"),
        (30.0, 40.0, ""),
    ],
)
def test_a_picture_of_nothing_fails(contrast: float, change: float, reason: str) -> None:
    assert judge.check_pictures({"CPU:0": contrast}, {"CPU:0": change}).reason == reason


@pytest.mark.parametrize(
    ("losses", "again", "outcome"),
    [
        ((2.0, 1.9, 1.5), 1.2, Outcome.PASSED),
        ((2.0, 2.3, 2.2), 1.9, Outcome.PASSED),
        ((2.0, 1.0, 1.0), 2.1, Outcome.FAILED),
        ((2.0, 1.0, 1.0), 2.0, Outcome.FAILED),
        ((2.0, math.nan, 1.0), 1.0, Outcome.FAILED),
        ((2.0, 1.0, 1.0), math.nan, Outcome.FAILED),
        ((), 0.0, Outcome.PASSED),
    ],
    ids=["falls", "harder crops", "rises", "stands still", "no number", "no number at last", "from a file"],
)
def test_a_style_that_was_not_learnt_fails(losses: tuple[float, ...], again: float, outcome: Outcome) -> None:
    assert judge.check_style_learnt(losses, again).outcome is outcome


def test_weights_that_stood_still_fail_by_name() -> None:
    assert judge.check_changed(64, ("first/kernel",)).reason == "unchanged or no number: first/kernel"
    assert judge.check_changed(64, ()).outcome is Outcome.PASSED


def test_a_picture_that_another_device_made_fails() -> None:
    fallen = replace(GPU, place="CPU:0")
    assert judge.check_places(Kind.GPU, [fallen, CPU]).reason == (
        "what GPU:0 was asked for was computed on CPU:0"
    )
    assert judge.check_places(Kind.GPU, [CPU]).reason == "asked for the GPU, which made no picture"
    assert judge.check_places(Kind.GPU, [GPU, CPU]).outcome is Outcome.PASSED

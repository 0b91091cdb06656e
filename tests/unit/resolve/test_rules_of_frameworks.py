"""JAX and PyTorch beside TensorFlow: their code, their libraries, what is said of Keras, and when one is offered for another."""

from dataclasses import replace

import pytest

from orchestrator.catalog import load
from orchestrator.catalog.frameworks.releases import FrameworkRelease
from orchestrator.models import Confidence, Framework, Refusal, Stack, Wishes
from orchestrator.resolve.rules import keras
from orchestrator.resolve.rules.release import Code, code_for
from tests.unit.resolve.questions import answer, gpu_with

TORCH = Wishes(framework=Framework.TORCH)
JAX = Wishes(framework=Framework.JAX)


def row(framework: Framework, name: str) -> FrameworkRelease:
    return next(row for row in load().releases(framework) if row.release == name)


@pytest.mark.parametrize(
    ("framework", "release", "capability", "code"),
    [
        (Framework.TORCH, "2.0.1", (3, 7), Code.SASS),
        (Framework.TORCH, "2.0.1", (3, 5), None),
        (Framework.TORCH, "2.1.0", (3, 7), None),
        (Framework.TORCH, "2.7.1", (10, 0), None),  # no PTX in it
        (Framework.TORCH, "2.8.0", (10, 0), Code.SASS),
        (Framework.TORCH, "2.8.0", (12, 0), Code.SASS),
        (Framework.TORCH, "2.11.0", (7, 0), None),
        (Framework.JAX, "0.12.0.1", (5, 2), Code.SASS),
        (Framework.JAX, "0.12.0.1", (12, 1), Code.SASS),
        (Framework.JAX, "0.5.3", (10, 0), Code.PTX),
        (Framework.JAX, "0.12.0.1", (3, 7), None),
    ],
)
def test_the_code_in_a_wheel_decides_over_a_card(
    framework: Framework, release: str, capability: tuple[int, int], code: Code | None
) -> None:
    assert code_for(gpu_with(capability), row(framework, release)) is code


def test_keras_is_doubtful_below_the_oldest_release_that_it_names() -> None:
    (old,) = keras.runs_on(row(Framework.TORCH, "2.0.1"))
    (new,) = keras.runs_on(row(Framework.TORCH, "2.1.0"))
    assert (old.confidence, new.confidence) == (Confidence.LOW, Confidence.MEDIUM)
    assert keras.runs_on(row(Framework.TENSORFLOW, "2.21.0")) == ()


def test_a_release_without_ptx_says_so_where_it_has_no_code() -> None:
    refusal = answer("B200", wishes=replace(TORCH, release="2.7"))
    assert isinstance(refusal, Refusal)
    assert (
        "2.7.1 has code for 5.0, 6.0, 7.0, 7.5, 8.0, 8.6 and 9.0 and no PTX"
        in refusal.contradiction[1].statement
    )
    assert refusal.alternatives[0].options == ("--torch", "2.8")


def test_another_framework_is_offered_where_this_one_has_nothing_and_keeps_the_other_wishes() -> None:
    refusal = answer("Tesla K80", wishes=replace(JAX, python="3.10", release="0.10"))
    assert isinstance(refusal, Refusal)
    offered = {each.options: each.change for each in refusal.alternatives}
    assert offered["--framework", "torch"].startswith("PyTorch 2.0.1 with driver 470, Python 3.10")
    assert ("--framework", "tensorflow") in offered


def test_no_other_framework_is_offered_where_only_a_wish_is_in_the_way() -> None:
    refusal = answer("Tesla T4", wishes=Wishes(driver="390"))
    assert isinstance(refusal, Refusal)
    assert not [each for each in refusal.alternatives if "--framework" in each.options]


def test_what_was_only_told_of_their_libraries_is_no_more_than_medium() -> None:
    for wishes in (JAX, TORCH):
        stack = answer("Tesla T4", wishes=wishes)
        assert isinstance(stack, Stack)
        (told,) = [fact for fact in stack.facts if "installation guide" in fact.statement]
        assert told.confidence is Confidence.MEDIUM


def test_pytorch_for_the_cpu_says_where_it_is_to_be_had() -> None:
    stack = answer(wishes=TORCH)
    assert isinstance(stack, Stack)
    assert stack.requirements == (f"torch=={stack.release}+cpu",)
    assert any("base_pip_config" in note for note in stack.notes)

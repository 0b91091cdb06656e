"""A resolver's answer in words: what a stack consists of, and what a refusal tells to type."""

from dataclasses import replace

import pytest

from orchestrator.answer import Typed, chain_lines, refusal_error, stack_rows, subject
from orchestrator.errors import ExitCode
from orchestrator.models import Alternative, Framework, Wishes
from tests.unit.stacks import CARD, DRIVER, HEARSAY, TOOLKIT, hardware, refusal, stack

OPTIONS = frozenset({"--gpu", "--instance-type", "--host", "--framework", "--tensorflow", "--python"})
OLDER = Alternative(change="TensorFlow 2.14.1 with driver 470", options=("--tensorflow", "2.14"))
NEWER_CARD = Alternative(change="a newer card", options=("--gpu", "Tesla T4"))


def typed(*words: str, takes: frozenset[str] = OPTIONS) -> Typed:
    return Typed(words=("orchestrate", *words), takes=takes)


def test_a_stack_is_told_from_the_driver_to_the_last_wheel() -> None:
    rows = dict(stack_rows(stack("Tesla T4", driver=DRIVER, toolkit=TOOLKIT)))
    assert list(rows) == ["driver", "CUDA", "cuDNN", "toolkit", "TensorFlow", "Python", "pip"]
    assert rows["driver"].startswith("580, 580.95.05 or newer of it, open modules, from NVIDIA's repository")
    assert rows["toolkit"] == "CUDA 12.4 for the host, from NVIDIA's repository: it was asked for"


def test_a_host_without_a_card_has_no_driver_and_no_cuda() -> None:
    rows = dict(stack_rows(stack()))
    assert rows["driver"] == "none: there is no card"
    assert "CUDA" not in rows


def test_what_rests_on_hearsay_says_so() -> None:
    assert ("unsure", "driver 580 knows Tesla T4") in stack_rows(stack(facts=(CARD, HEARSAY)))


def test_the_chain_names_confidence_and_source_of_each_fact() -> None:
    assert chain_lines((CARD,)) == (
        "high    Tesla K80 has compute capability 3.7",
        "        by NVIDIA's list",
    )


def test_cards_of_one_kind_are_counted() -> None:
    assert (
        subject(hardware("Tesla T4", "Tesla T4", "Tesla K80"))
        == "2 x Tesla T4 and Tesla K80 on debian-12, x86_64"
    )
    assert subject(hardware()) == "no GPU on debian-12, x86_64"


def test_a_refusal_names_both_facts_and_shows_each_way_out_as_a_command() -> None:
    error = refusal_error(
        refusal(OLDER, NEWER_CARD),
        typed("resolve", "--gpu", "Tesla K80", "--tensorflow", "2.15", "--explain"),
    )
    assert error.exit_code is ExitCode.USAGE
    assert error.lines == (
        "refused: Tesla K80 on debian-12, x86_64 with TensorFlow 2.15",
        "  Tesla K80 has compute capability 3.7",
        "    by NVIDIA's list",
        "  TensorFlow 2.15 has code for 5.0 and newer",
        "    by the wheel",
        "  try: orchestrate resolve --gpu 'Tesla K80' --explain --tensorflow 2.14  # TensorFlow 2.14.1 with driver 470",
        "  try: orchestrate resolve --tensorflow 2.15 --explain --gpu 'Tesla T4'  # a newer card",
    )


@pytest.mark.parametrize("given", [("--tensorflow=2.15",), ("--tensorflow", "2.15"), ()])
def test_an_option_is_replaced_however_it_was_typed(given: tuple[str, ...]) -> None:
    error = refusal_error(refusal(OLDER), typed("up", *given, "--yes"))
    assert error.hint.startswith("orchestrate up --yes --tensorflow 2.14  #")


def test_another_framework_leaves_the_release_of_this_one_behind() -> None:
    other = Alternative(change="PyTorch 2.15.0", options=("--framework", "torch"))
    error = refusal_error(refusal(other), typed("resolve", "--tensorflow", "2.15", "--gpu", "B200"))
    assert error.hint == "orchestrate resolve --gpu B200 --framework torch  # PyTorch 2.15.0"


def test_the_framework_is_named_in_its_row_and_where_it_was_chosen() -> None:
    other = replace(stack(), framework=Framework.TORCH, release="2.9.1")
    assert dict(stack_rows(other))["PyTorch"] == "2.9.1"
    refused = replace(refusal(), wishes=Wishes(framework=Framework.JAX))
    assert refusal_error(refused, typed("resolve")).cause.endswith("with JAX")


def test_a_card_takes_the_place_of_an_instance_type() -> None:
    error = refusal_error(refusal(NEWER_CARD), typed("resolve", "--instance-type", "p2.xlarge"))
    assert error.hint == "orchestrate resolve --gpu 'Tesla T4'  # a newer card"


def test_what_a_command_cannot_change_is_said_in_words() -> None:
    error = refusal_error(refusal(NEWER_CARD), typed("up", takes=frozenset({"--tensorflow"})), whose="lab-1")
    assert error.cause.startswith("refused for lab-1: Tesla K80")
    assert error.hint == "a newer card"


def test_libraries_that_have_to_be_linked_are_told() -> None:
    rows = dict(stack_rows(replace(stack(), linked_libraries=("libcusolver.so.11",))))
    assert rows["linked"].startswith("libcusolver.so.11, which TensorFlow's wheel does not look for")
    assert "linked" not in dict(stack_rows(stack()))

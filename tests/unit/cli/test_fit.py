"""`orchestrate fit`: verdict, table, what to buy and what is refused, as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import ExitCode
from tests.unit.cli.inside import Here
from tests.unit.fit.builders import MODELS

MODEL = str(MODELS / "residual.json")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(home=tmp_path, monkeypatch=monkeypatch, capsys=capsys)


def test_the_first_line_is_the_verdict_and_the_parts_add_up(here: Here) -> None:
    said = here.types("fit", MODEL, "--batch-size", "256", "--gpu", "RTX 3060 12GB", "--json")
    assert said.code == ExitCode.OK, said.err
    document: dict[str, Any] = json.loads(said.out)
    memory = document["memory"]
    assert document["verdict"] == memory["verdict"] == "fits"
    assert sum(part["bytes"] for part in memory["parts"]) == memory["needed_bytes"]
    withheld = sum(part["bytes"] for part in memory["withheld"])
    assert withheld + memory["usable_bytes"] == pytest.approx(12 * 2**30, abs=8)
    lines = here.types("fit", MODEL, "--batch-size", "256", "--gpu", "RTX 3060 12GB").out.splitlines()
    assert lines[0].startswith("fits: residual.json at batch size 256 needs ")
    assert any(line.startswith("  activations ") for line in lines)
    assert lines[-1] == "next: orchestrate resolve --gpu 'GeForce RTX 3060 12GB'"


def test_a_framework_is_written_as_for_resolve_which_the_next_step_asks_for_it(here: Here) -> None:
    said = here.types("fit", MODEL, "--gpu", "T4", "--framework", "jax")
    assert said.code == ExitCode.OK, said.err
    assert said.out.splitlines()[-1] == "next: orchestrate resolve --gpu 'Tesla T4' --framework jax"
    assert here.types("resolve", "--gpu", "Tesla T4", "--framework", "jax").code == ExitCode.OK


def test_the_batch_that_is_told_to_fit_does_and_one_that_is_too_large_does_not(here: Here) -> None:
    card = ("--gpu", "RTX 3060 12GB", "--json")
    most = json.loads(here.types("fit", MODEL, *card).out)["memory"]["largest_batch"]
    assert here.types("fit", MODEL, "--batch-size", str(most), *card).code == ExitCode.OK
    beyond = here.types("fit", MODEL, "--batch-size", str(2 * most), *card)
    assert beyond.code == ExitCode.CHECKS_FAILED
    assert json.loads(beyond.out)["verdict"] == "does not fit"


def test_half_precision_has_room_for_more(here: Here) -> None:
    def most(*more: str) -> int:
        found: int = json.loads(here.types("fit", MODEL, "--gpu", "T4", "--json", *more).out)["memory"][
            "largest_batch"
        ]
        return found

    assert 1.5 < most("--precision", "mixed_float16") / most() < 2.1


def test_without_a_card_those_that_fit_are_told_with_what_they_cost(here: Here) -> None:
    said = here.types("fit", MODEL, "--batch-size", "1024")
    assert said.code == ExitCode.OK
    assert "the smallest card for it is " in said.out.splitlines()[0]
    assert " an hour (" in said.out
    nowhere = here.types("fit", "--parameters", "400G", "--activations", "1GiB")
    assert nowhere.code == ExitCode.CHECKS_FAILED
    assert "no single card of the catalog is large enough" in nowhere.out.splitlines()[0]


def test_an_instance_type_is_its_cards_which_share_the_batch(here: Here) -> None:
    document = json.loads(
        here.types("fit", MODEL, "--batch-size", "2048", "--instance-type", "g4dn.12xlarge", "--json").out
    )
    assert (document["gpu"], document["count"]) == ("Tesla T4", 4)


def test_a_machine_of_one_s_own_is_judged_with_what_to_buy(here: Here) -> None:
    typed = (
        "--gpu",
        "RTX 4090",
        "--case-length",
        "370",
        "--slots",
        "3",
        "--connectors",
        "8-pin:3",
        "--pcie-lanes",
        "16",
    )
    short = here.types("fit", *typed, "--power-supply", "750")
    assert short.code == ExitCode.CHECKS_FAILED
    assert (
        short.out.splitlines()[0]
        == "does not fit: GeForce RTX 4090; of the machine not enough: power supply, power peaks"
    )
    assert "buy: a power supply of 850 W" in short.out
    enough = here.types("fit", *typed, "--power-supply", "850", "--atx", "3")
    assert enough.code == ExitCode.OK
    assert enough.out.splitlines()[0] == "fits: GeForce RTX 4090; the machine is enough"


def test_what_nobody_knows_of_a_card_is_no_yes(here: Here) -> None:
    said = here.types("fit", "--gpu", "RTX 4070 Ti", "--case-length", "320")
    assert said.code == ExitCode.CHECKS_FAILED
    assert said.out.splitlines()[0] == "close: GeForce RTX 4070 Ti; of the machine to be looked up: length"


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        ((), "nothing to compare"),
        (("--gpu", "T4"), "nothing to compare"),
        (("none.keras",), "No such file"),
        ((MODEL, "--parameters", "1M"), "parameters and activations of its own"),
        (("--parameters", "25.6M"), "--parameters and --activations go together"),
        (("--parameters", "many", "--activations", "1MiB"), "'many' is no number"),
        (("--parameters", "1M", "--activations", "wide"), "'wide' is no amount of memory"),
        (("--parameters", ",", "--activations", "1MiB"), "',' is no number"),
        (("--parameters", "9" * 400, "--activations", "1MiB"), "is no number"),
        (("--parameters", "1M", "--activations", "9" * 400), "is no amount of memory"),
        (("a" * 300 + ":build", "--python", "/nowhere/python"), "/nowhere/python: No such file"),
        ((MODEL, "--optimizer", "adm"), "no optimizer is known as 'adm'"),
        ((MODEL, "--precision", "float8"), "no precision is known as 'float8'"),
        ((MODEL, "--gpu", "T5"), "no GPU is known as 'T5'"),
        ((MODEL, "--gpu", "T4", "--instance-type", "g5.xlarge"), "each name the hardware"),
        ((MODEL, "--gpu", "T4+V100"), "different cards"),
        ((MODEL, "--power-supply", "750"), "is about no card"),
        (
            ("--gpu", "H100 SXM", "--power-supply", "750"),
            "does not say what H100 SXM5 80GB asks of a machine",
        ),
        (("--gpu", "RTX 4090", "--connectors", "molex"), "'molex' is no plug"),
        (("package.module:build", "--python", "/nowhere/python"), "--python /nowhere/python: No such file"),
    ],
)
def test_what_cannot_be_meant_is_named_with_what_to_type(
    here: Here, words: tuple[str, ...], cause: str
) -> None:
    said = here.types("fit", *words)
    assert said.code == ExitCode.USAGE
    assert cause in said.err
    assert "  try: " in said.err


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("--desktop", "9" * 400), "is no amount of memory: 16, 16GiB or 16384MiB"),
        (("--memory-fraction", "nan"), "Invalid value for '--memory-fraction'"),
    ],
)
def test_an_amount_that_is_no_number_is_refused_before_anything_is_computed(
    here: Here, words: tuple[str, ...], cause: str
) -> None:
    said = here.types("fit", MODEL, "--gpu", "T4", *words)
    assert said.code == ExitCode.USAGE
    assert cause in said.err

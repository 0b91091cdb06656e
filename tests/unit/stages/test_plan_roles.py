"""Which roles a fleet has a use for, and what is said of the others."""

from dataclasses import replace

import pytest

from orchestrator.models import Builder, BuilderChoice, PackageSource, Stack
from orchestrator.stages.plan.roles import IN_CONTAINERS, IN_IMAGE, NO_CARD, choose_roles
from tests.unit.stacks import DRIVER, TOOLKIT, stack

ALL = ("base", "nvidia_driver", "cuda", "conda", "ml_env")
CONDA = BuilderChoice(builder=Builder.CONDA, reason="its servers answer")
VENV = BuilderChoice(builder=Builder.VENV, reason="conda.example is out of reach (no answer within 2 s)")


def chosen(*stacks: Stack, wanted: tuple[str, ...] = ALL, builder: BuilderChoice = CONDA) -> tuple[str, ...]:
    return choose_roles(wanted, stacks, builder, {}, no_driver=NO_CARD)[0]


def notes(*stacks: Stack, wanted: tuple[str, ...] = ALL, builder: BuilderChoice = CONDA) -> tuple[str, ...]:
    return choose_roles(wanted, stacks, builder, {}, no_driver=NO_CARD)[1]


def test_a_host_with_a_card_and_a_toolkit_gets_every_role() -> None:
    assert chosen(stack("Tesla T4", driver=DRIVER, toolkit=TOOLKIT)) == ALL


def test_one_host_with_a_card_is_enough_for_the_driver() -> None:
    assert "nvidia_driver" in chosen(stack("Tesla T4", driver=DRIVER), stack())


def test_cuda_is_left_out_unless_somebody_compiles_with_it() -> None:
    with_card = stack("Tesla T4", driver=DRIVER)
    assert "cuda" not in chosen(with_card)
    assert notes(with_card)[-1].startswith(
        "cuda is left out: the framework brings its own; `cuda:` under `stack:`"
    )


def test_without_a_card_driver_and_cuda_are_left_out_in_one_note() -> None:
    assert chosen(stack()) == ("base", "conda", "ml_env")
    assert notes(stack())[-1] == "nvidia_driver and cuda are left out: no host has an NVIDIA card"


def test_a_toolkit_needs_no_card() -> None:
    assert "cuda" in chosen(stack(toolkit=TOOLKIT))


@pytest.mark.parametrize(("why", "there"), [(NO_CARD, False), (IN_CONTAINERS, False), (IN_IMAGE, True)])
def test_containers_are_given_cards_where_a_driver_is(why: str, *, there: bool) -> None:
    wanted = ("base", "nvidia_driver", "container_toolkit")
    assert "container_toolkit" in chosen(stack("Tesla T4", driver=DRIVER), wanted=wanted)
    roles, noted = choose_roles(wanted, (stack(),), CONDA, {}, no_driver=why)
    assert ("container_toolkit" in roles) == there
    assert there or noted == (f"nvidia_driver and container_toolkit are left out: {why}",)


def test_conda_is_left_out_where_venv_builds_and_the_reason_is_said() -> None:
    assert "conda" not in chosen(stack(), builder=VENV)
    assert (
        notes(stack(), builder=VENV)[0]
        == "environments are made with venv: conda.example is out of reach (no answer within 2 s)"
    )


def test_a_role_whose_state_the_user_sets_is_never_left_out() -> None:
    given = {"conda_state": "absent", "nvidia_driver_state": "absent"}
    roles, _ = choose_roles(ALL, (stack(),), VENV, given, no_driver=NO_CARD)
    assert roles == ("base", "nvidia_driver", "conda", "ml_env")


def test_nothing_is_said_of_roles_that_nobody_wants() -> None:
    assert notes(stack(), wanted=("base", "ml_env")) == (
        "environments are made with conda: its servers answer",
    )


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (IN_CONTAINERS, ("nvidia_driver and cuda are left out: hosts are containers and are given no card",)),
        (
            IN_IMAGE,
            (
                "nvidia_driver is left out: the image that hosts start from has a driver, which is found and kept",
                "cuda is left out: the framework brings its own; `cuda:` under `stack:` installs one for programs that are compiled there",
            ),
        ),
    ],
)
def test_why_hosts_get_no_driver_is_said(reason: str, said: tuple[str, ...]) -> None:
    _, noted = choose_roles(ALL, (stack(),), CONDA, {}, no_driver=reason)
    assert noted[1:] == said


def test_a_driver_that_the_image_brought_is_installed_by_no_role() -> None:
    brought = replace(DRIVER, source=PackageSource.IMAGE, packages=())
    roles, _ = choose_roles(ALL, (stack("A10G", driver=brought),), CONDA, {}, no_driver=IN_IMAGE)
    assert roles == ("base", "conda", "ml_env")

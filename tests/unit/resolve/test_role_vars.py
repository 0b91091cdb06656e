"""What the roles are told of a stack."""

from dataclasses import replace

from orchestrator.models import Builder, Stack
from orchestrator.resolve import role_vars
from tests.unit.stacks import DRIVER, TOOLKIT, stack

CARD = stack("Tesla T4", driver=DRIVER)


def environment(given: Stack) -> dict[str, object]:
    """The one environment that the role ml_env is asked for."""
    environments = role_vars(given)["ml_env_environments"]
    assert isinstance(environments, list)
    (only,) = environments
    assert isinstance(only, dict)
    return only


def test_the_driver_is_named_by_branch_flavour_and_source() -> None:
    given = role_vars(CARD)
    assert {name: value for name, value in given.items() if name.startswith("nvidia_driver_")} == {
        "nvidia_driver_branch": "580",
        "nvidia_driver_flavour": "open",
        "nvidia_driver_source": "nvidia_repo",
    }


def test_without_card_and_toolkit_their_roles_are_told_nothing() -> None:
    assert not [name for name in role_vars(stack()) if name.startswith(("nvidia_driver_", "cuda_"))]


def test_a_toolkit_is_named_with_its_cudnn() -> None:
    given = role_vars(replace(CARD, toolkit=replace(TOOLKIT, cudnn="8.9.7.29")))
    assert (given["cuda_version"], given["cuda_cudnn_version"]) == ("12.4", "8.9.7.29")


def test_a_host_with_a_card_gets_a_twin_for_the_cpu() -> None:
    assert environment(CARD)["accelerators"] == ["gpu", "cpu"]
    assert environment(stack())["accelerators"] == ["cpu"]


def test_only_conda_is_told_which_python() -> None:
    assert role_vars(replace(CARD, builder=Builder.CONDA))["ml_env_python"] == "3.11"
    assert role_vars(CARD)["ml_env_python"] == ""


def test_pins_that_come_with_the_role_are_left_to_it() -> None:
    assert "constraints" not in environment(CARD)


def test_a_cap_a_release_or_a_python_beside_those_pins_brings_its_own_constraints() -> None:
    assert environment(replace(CARD, constraints=("a<1", "b<2")))["constraints"] == "a<1\nb<2\n"
    assert environment(replace(CARD, tensorflow="2.20.0"))["constraints"] == ""
    assert environment(replace(CARD, python="3.10"))["constraints"] == ""

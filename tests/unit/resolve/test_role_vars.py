"""What the roles are told of a stack."""

from dataclasses import replace

import pytest

from orchestrator.models import Builder, Framework, Stack
from orchestrator.resolve import role_vars
from orchestrator.resolve.role_vars import BESIDE
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


def test_another_framework_is_asked_for_by_its_own_name() -> None:
    jax = replace(CARD, framework=Framework.JAX, release="0.10.2")
    assert environment(jax)["requirements"] == ["jax==0.10.2", *BESIDE]
    assert environment(jax)["accelerators"] == ["gpu", "cpu"]


def test_pytorch_has_no_twin_for_the_cpu_because_pip_s_usual_index_has_none() -> None:
    torch = replace(CARD, framework=Framework.TORCH, release="2.15.0")
    assert environment(torch)["accelerators"] == ["gpu"]
    assert environment(replace(torch, driver=None))["accelerators"] == ["cpu"]
    assert environment(torch)["constraints"] == ""


@pytest.mark.parametrize(
    ("release", "python", "bundled"),
    [
        ("0.10.2", "3.11", True),
        ("0.12.0.1", "3.13", True),
        ("0.12.0.1", "3.11", False),
        ("0.10.2", "3.13", False),
    ],
)
def test_the_pins_of_jax_go_by_python(release: str, python: str, *, bundled: bool) -> None:
    given = environment(replace(stack(), framework=Framework.JAX, release=release, python=python))
    assert ("constraints" not in given) is bundled


def test_only_conda_is_told_which_python() -> None:
    assert role_vars(replace(CARD, builder=Builder.CONDA))["ml_env_python"] == "3.11"
    assert role_vars(CARD)["ml_env_python"] == ""


def test_pins_that_come_with_the_role_are_left_to_it() -> None:
    assert "constraints" not in environment(CARD)


def test_a_cap_a_release_or_a_python_beside_those_pins_brings_its_own_constraints() -> None:
    assert environment(replace(CARD, constraints=("a<1", "b<2")))["constraints"] == "a<1\nb<2\n"
    assert environment(replace(CARD, release="2.20.0"))["constraints"] == ""
    assert environment(replace(CARD, python="3.9"))["constraints"] == ""

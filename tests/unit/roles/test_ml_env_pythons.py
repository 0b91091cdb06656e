"""Which Python the environments with bundled pins get on a host, and what is said where there is none for them."""

import re

import pytest
from packaging.requirements import Requirement

from orchestrator.models import Framework
from orchestrator.resolve.role_vars import BESIDE, BUNDLED
from tests.unit.roles.role_variables import ROLES, role_variable

FILES = ROLES / "ml_env/files"


def variable(
    name: str, python: str, *, conda: bool = False, builder: str = "auto", asked: str = ""
) -> object:
    """The role's variable on a host whose system has this Python."""
    given = {
        "ml_env_builder": builder,
        "ml_env_python": asked,
        "__ml_env_conda": {"stat": {"exists": conda}},
    }
    return role_variable("ml_env", name, given, {"python_version": f"{python}.4", "architecture": "x86_64"})


@pytest.mark.parametrize(
    ("python", "conda", "asked", "expected"),
    [
        ("3.10", False, "", "3.10"),
        ("3.12", True, "", "3.12"),
        ("3.14", True, "", "3.13"),
        ("3.14", False, "", "3.14"),
        ("3.14", True, "3.11", "3.11"),
        ("3.9", True, "", "3.13"),
    ],
)
def test_conda_brings_a_python_that_the_pins_are_for_where_the_systems_is_not(
    python: str, conda: bool, asked: str, expected: str
) -> None:
    assert variable("__ml_env_pinned_python", python, conda=conda, asked=asked) == expected


def test_venv_has_the_systems_python_though_conda_is_there() -> None:
    assert variable("__ml_env_pinned_python", "3.14", conda=True, builder="venv") == "3.14"


@pytest.mark.parametrize(
    ("conda", "builder", "asked", "expected"),
    [
        (False, "auto", "", "Apply role conda .* and this role takes its Python 3.13"),
        (False, "venv", "", "Set ml_env_builder to auto and apply role conda"),
        (False, "auto", "3.9", "Apply role conda .* and set ml_env_python to 3.13"),
        (True, "auto", "3.9", "Set ml_env_python to one of these"),
    ],
)
def test_what_to_set_is_said_for_the_host_as_it_is(
    conda: bool, builder: str, asked: str, expected: str
) -> None:
    said = variable("__ml_env_remedy", "3.14", conda=conda, builder=builder, asked=asked)
    assert re.match(expected, str(said))


def test_a_wrong_python_where_the_systems_would_do_is_taken_back() -> None:
    assert variable("__ml_env_remedy", "3.12", asked="3.9") == "Set ml_env_python to an empty text"


def test_each_python_has_pins_and_every_file_belongs_to_one() -> None:
    assert {FILES / name for name in bundled().values()} == set(FILES.glob("constraints*.txt"))


@pytest.mark.parametrize("framework", Framework)
def test_the_pins_are_of_the_releases_that_the_orchestrator_knows_them_for(framework: Framework) -> None:
    pinned = {python: pins(name, python).get(framework.value) for python, name in bundled().items()}
    assert {python: release for python, release in pinned.items() if release} == BUNDLED[framework]


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_everything_that_an_environment_is_asked_for_is_pinned(python: str) -> None:
    pinned = pins(bundled()[python], python)
    assert {"tensorflow-cpu", "jaxlib", "jax-cuda12-plugin", "jax-cuda12-pjrt", *BESIDE} <= set(pinned)
    assert pinned["jaxlib"] == pinned["jax"] == pinned["jax-cuda12-plugin"]


def test_every_pin_names_one_release() -> None:
    for file in FILES.glob("constraints*.txt"):
        lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        assert all(
            re.fullmatch(r"[a-z0-9.-]+==[0-9][0-9.]*(; python_version [<>]=? \"3\.12\")?", line)
            for line in lines
        )


def bundled() -> dict[str, str]:
    """The file with the pins for each Python."""
    files = variable("__ml_env_bundled_constraints", "3.12")
    assert isinstance(files, dict)
    return files


def pins(name: str, python: str) -> dict[str, str]:
    """Release by package, as pip reads the file with this Python."""
    lines = (FILES / name).read_text(encoding="utf-8").splitlines()
    asked = [Requirement(line) for line in lines if line and not line.startswith("#")]
    counting = [
        each for each in asked if each.marker is None or each.marker.evaluate({"python_version": python})
    ]
    assert len({each.name for each in counting}) == len(counting)
    return {each.name: str(each.specifier).removeprefix("==") for each in counting}

"""Every library that an installation brings is used, every one that is used is declared, and all have a pin."""

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement

from tests.repo.code.modules import imports, modules
from tests.repo.tree import ROOT

RUN_NOT_IMPORTED = {
    "ansible-core": "its ansible-playbook is run by ansible-runner",
    "nvidia-ml-py": "its pynvml travels to hosts, with the validation and in their program, which import it there",
    "flask": "moto's server is made of it; its WSGI server is ours",
}
COMES_WITH = {
    "botocore": "boto3",
    "flask-cors": "moto",
    "invoke": "fabric",
    "paramiko": "fabric",
    "pydantic-core": "pydantic",
    "twisted": "vncdotool",
    "werkzeug": "flask",
}
"""Imported name's distribution -> the declared one whose interface it is part of."""
OURS = {"orchestrator", "gpuhost", "workloads"}


def test_every_declared_library_is_imported_somewhere() -> None:
    assert declared() - imported() - RUN_NOT_IMPORTED.keys() == set(), (
        "declared in pyproject.toml, imported nowhere"
    )


def test_every_imported_library_is_declared() -> None:
    assert imported() - declared() == set(), "imported, not declared in pyproject.toml"


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_declared_library_has_one_pin_within_its_range_on_each_python(python: str) -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins: dict[str, list[str]] = {}
    for pin in (Requirement(line) for line in lines if not line.startswith("#")):
        if pin.marker is None or pin.marker.evaluate({"python_version": python}):
            pins.setdefault(_normal(pin.name), []).append(str(pin.specifier).removeprefix("=="))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [each for name, each in project["optional-dependencies"].items() if name != "release"]
    wanted = [Requirement(each) for each in sum(extras, project["dependencies"])]
    ranges = {_normal(each.name): each.specifier for each in wanted if each.name != project["name"]}
    assert "ansible-core" in ranges
    for name, allowed in ranges.items():
        (pinned,) = pins.get(name, [""])
        assert pinned, f"{name} has no pin"
        assert pinned in allowed, f"{name}: the pin {pinned} is not in {allowed}"


def declared() -> set[str]:
    """Distributions of an installation with all that users have."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [
        *project["dependencies"],
        *extras["report"],
        *extras["aws"],
        *extras["rehearsal"],
        *extras["desktop"],
    ]
    names = {_normal(re.split(r"[<>=!~\[; ]", requirement)[0]) for requirement in wanted}
    return {COMES_WITH.get(name, name) for name in names - {project["name"]}}


def imported() -> set[str]:
    """Distributions that `orchestrator` imports."""
    names = {each.target.partition(".")[0] for module in modules("orchestrator") for each in imports(module)}
    distributions = packages_distributions()
    found = {
        _normal(distributions.get(name, [name])[0])
        for name in names - OURS
        if name not in sys.stdlib_module_names and not name.startswith("mypy_boto3_")  # types alone
    }
    return {COMES_WITH.get(name, name) for name in found}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

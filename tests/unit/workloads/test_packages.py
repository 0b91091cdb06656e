"""A package that only some workloads need is named where it is missing, with what to do."""

import math

import pytest

from tests.unit.workloads.asked_of_tables import asked
from workloads import packages
from workloads.packages import MissingPackageError, package
from workloads.result import explain


def test_a_package_that_is_there_is_imported() -> None:
    assert package("math", "math") is math


def test_a_package_that_is_missing_is_named_as_pip_knows_it() -> None:
    with pytest.raises(MissingPackageError, match="`pip install such-a-thing`") as missing:
        package("no_such_thing.at_all", "such-a-thing")
    assert explain(missing.value, asked()).type == "MissingPackageError"


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ({"tensorflow", "jax"}, "tensorflow"),
        ({"jax"}, "jax"),
        ({"torch", "jax"}, "jax"),
        (set(), "tensorflow"),
    ],
)
def test_the_framework_that_the_environment_has_is_chosen(
    monkeypatch: pytest.MonkeyPatch, there: set[str], chosen: str
) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: name if name in there else None)
    assert packages.first_installed(("tensorflow", "jax", "torch")) == chosen

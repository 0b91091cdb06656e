"""The scenario `alternative` of every role. A file for each scenario, because files are what is run side by side."""

import pytest

from tests.molecule.scenario import assert_passes, roles_with


@pytest.mark.containers
@pytest.mark.parametrize("role", roles_with("alternative"))
def test_the_scenario_passes(role: str) -> None:
    assert_passes(role, "alternative")

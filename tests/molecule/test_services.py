"""The scenarios of the roles about what people reach in the browser."""

import pytest

from tests.molecule.scenario import assert_passes, scenarios_of


@pytest.mark.containers
@pytest.mark.parametrize(("role", "scenario", "distributions"), scenarios_of("services"))
def test_the_scenario_passes(role: str, scenario: str, distributions: str) -> None:
    assert_passes(role, scenario, distributions)

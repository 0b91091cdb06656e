"""The scenarios of the roles that make one cluster of several hosts."""

import pytest

from tests.molecule.scenario import assert_passes, scenarios_of


@pytest.mark.containers
@pytest.mark.parametrize(("role", "scenario", "distributions"), scenarios_of("cluster"))
def test_the_scenario_passes(role: str, scenario: str, distributions: str) -> None:
    assert_passes(role, scenario, distributions)

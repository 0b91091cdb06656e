"""The scenario `heavy` of the roles that have one: real packages of several gigabytes. `make test-heavy` runs it."""

import pytest

from tests.molecule.scenario import assert_passes, heavy_scenarios


@pytest.mark.containers
@pytest.mark.parametrize(("role", "scenario", "distributions"), heavy_scenarios())
def test_the_scenario_passes(role: str, scenario: str, distributions: str) -> None:
    assert_passes(role, scenario, distributions)

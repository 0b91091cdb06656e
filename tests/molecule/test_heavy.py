"""The scenario `heavy` of the roles that have one: real packages of several gigabytes. `make test-heavy` runs it."""

import pytest

from tests.molecule.scenario import assert_passes, roles_with


@pytest.mark.containers
@pytest.mark.heavy
@pytest.mark.parametrize("role", roles_with("heavy"))
def test_the_scenario_passes(role: str) -> None:
    assert_passes(role, "heavy")

"""A cluster for all tests of a module: one host with the controller, three that compute, each with stand-in cards.

The module's FLEET, where it has one, is the fleet file; its HOSTS says how many there are; its UP, how the fleet is brought up
once its hosts have their cards.
"""

from collections.abc import Iterator

import pytest

from tests.e2e.cluster.lab import Lab
from tests.e2e.user import named_user
from tests.images import LentImages

FLEET = """
roles: [base, gpu_telemetry]
cluster: {enabled: true, controller: own}
vars: {slurm_health_check_seconds: 5, slurm_host_timeout_seconds: 15}
"""


@pytest.fixture(scope="module")
def lab(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, lent_images: LentImages
) -> Iterator[Lab]:
    """It was not validated yet, unless the module's UP says so."""
    module = request.module
    name = module.__name__.rpartition("test_")[2]
    hosts = getattr(module, "HOSTS", 4)
    with named_user(tmp_path_factory.mktemp("lab"), name) as someone:
        lent_images.lend(someone.mark, "debian-12")
        someone.fleet_file(getattr(module, "FLEET", FLEET))
        made = Lab(someone, tmp_path_factory.mktemp("nvml"))
        said = made.up(
            hosts=hosts,
            cards_of=tuple(range(2, hosts + 1)),
            options=getattr(module, "UP", ("--no-validate",)),
        )
        assert said.code == 0, said.err
        yield made

"""Keys of offers."""

import pytest

from orchestrator.models import Market
from orchestrator.providers.aws.placement import Placement, placement_of

SPOT = Placement(region="us-east-1", zone="us-east-1a", instance_type="g4dn.xlarge", market=Market.SPOT)


def test_a_key_says_all_that_a_launch_needs_and_can_be_read_back() -> None:
    assert SPOT.key == "us-east-1/us-east-1a/g4dn.xlarge/spot"
    assert placement_of(SPOT.key) == SPOT


@pytest.mark.parametrize("key", ["", "us-east-1", "us-east-1/us-east-1a/g4dn.xlarge", "a/b/c/gift"])
def test_what_is_no_key_has_no_meaning(key: str) -> None:
    assert placement_of(key) is None


def test_it_reads_as_a_user_would_say_it() -> None:
    assert str(SPOT) == "g4dn.xlarge in us-east-1a, spot"
    paid = Placement(region="eu-west-1", zone="", instance_type="g5.xlarge", market=Market.ON_DEMAND)
    assert str(paid) == "g5.xlarge in eu-west-1"

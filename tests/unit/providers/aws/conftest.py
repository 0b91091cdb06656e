"""An account of EC2 that costs nothing, and providers that use it."""

from collections.abc import Iterator

import pytest

from orchestrator.rehearsal import Cloud
from tests.unit.providers.aws.rig import Rig


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(settle_s=0) as cloud:
        yield cloud


@pytest.fixture
def rig(cloud: Cloud) -> Rig:
    return Rig(cloud=cloud)

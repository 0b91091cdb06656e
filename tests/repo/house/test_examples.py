"""Every example loads."""

from pathlib import PurePosixPath

import pytest

from orchestrator.config import load_fleet
from tests.repo.tree import ROOT, files_under


@pytest.mark.parametrize("path", files_under("examples", suffix=".yml"), ids=str)
def test_every_example_fleet_file_loads(path: PurePosixPath) -> None:
    assert load_fleet(ROOT / path, environ={}, flags={}).host_requests

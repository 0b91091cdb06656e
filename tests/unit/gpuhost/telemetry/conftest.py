"""The stand-in for NVIDIA's library, compiled once."""

from pathlib import Path

import pytest

from tests.nvml.library import compiled


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("nvml"))

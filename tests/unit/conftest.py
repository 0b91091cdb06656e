"""Property tests try the same cases in every run, keep no files, and are not hurried on a busy computer. No test changes the umask
of those after it."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("same cases every time", deadline=None, database=None, derandomize=True)
settings.load_profile("same cases every time")


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """Programs that are run within a test set the umask of their process, which is that of all tests."""
    before = os.umask(0o022)
    yield
    os.umask(before)

"""A user of `orchestrate` with a home of their own, who cleans up after the test."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.user import User, in_the_engine

SHARED_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
"""Root file systems are made once for all tests; nothing else is shared."""


@pytest.fixture
def user(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[User]:
    """Fleets this user brings up are named after the test, and taken away after it."""
    name = "e2e-" + request.node.name.removeprefix("test_").replace("_", "-")[:24].strip("-")
    someone = User(home=tmp_path, fleet=name, cache=SHARED_CACHE)
    yield someone
    if (tmp_path / "state" / "orchestrate").exists():
        gone = someone.run("down", "--yes")
        shutil.rmtree(tmp_path / "state")
        assert gone.code == 0, gone.err
        assert in_the_engine(name) == ()

"""A user of `orchestrate` with a home of their own, who cleans up after the test."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.user import User, in_the_engine

SHARED_CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
"""Root file systems are made once for all tests; nothing else is shared."""


@pytest.fixture
def user(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[User]:
    """A user for one test; the fleet is named after it."""
    with _user(tmp_path, request.node.name.removeprefix("test_")) as someone:
        yield someone


@pytest.fixture(scope="module")
def owner(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[User]:
    """A user for all tests of a module, with a fleet that is up and was not validated yet.

    The module's FLEET, where it has one, is the fleet file; its UP is how the fleet is brought up.
    """
    with _user(tmp_path_factory.mktemp("owner"), request.module.__name__.rpartition("test_")[2]) as someone:
        someone.fleet_file(getattr(request.module, "FLEET", "{}"))
        said = someone.run("up", *getattr(request.module, "UP", ("--no-validate",)))
        assert said.code == 0, said.err
        yield someone


@contextmanager
def _user(home: Path, name: str) -> Iterator[User]:
    fleet = f"e2e-{name.replace('_', '-')}"[:28].strip("-")
    someone = User(home=home, fleet=fleet, cache=SHARED_CACHE)
    yield someone
    if (home / "state" / "orchestrate").exists():
        gone, left = someone.run("down", "--yes"), in_the_engine(someone)
        shutil.rmtree(home / "state")
        assert gone.code == 0, gone.err
        assert left == ()

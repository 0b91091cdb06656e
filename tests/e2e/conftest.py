"""A user of `orchestrate` with a home of their own, who cleans up after the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.user import User, engine, named_user
from tests.images import LentImages

STAND_IN = Path(__file__).parents[2] / "orchestrator/rehearsal/containers/ubuntu.sh"


@pytest.fixture
def user(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[User]:
    """A user for one test; the fleet is named after it."""
    with named_user(tmp_path, request.node.name.removeprefix("test_")) as someone:
        yield someone


@pytest.fixture
def image_at_hand(user: User, lent_images: LentImages) -> None:
    """The user's first `up` finds its image in the engine, where the test is not about importing it."""
    lent_images.lend(user.mark, "debian-12")


@pytest.fixture(scope="module")
def owner(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, lent_images: LentImages
) -> Iterator[User]:
    """A user for all tests of a module, with a fleet that is up and was not validated yet.

    The module's FLEET, where it has one, is the fleet file; its UP is how the fleet is brought up. UBUNTU is the release that
    the host says it is.
    """
    name = request.module.__name__.rpartition("test_")[2]
    with named_user(tmp_path_factory.mktemp("owner"), name) as someone:
        lent_images.lend(someone.mark, "debian-12")
        someone.fleet_file(getattr(request.module, "FLEET", "{}"))
        if release := getattr(request.module, "UBUNTU", ""):
            launched = someone.run("up", "--until", "launch")
            assert launched.code == 0, launched.err
            say_ubuntu(someone, release)
        said = someone.run("up", *getattr(request.module, "UP", ("--no-validate",)))
        assert said.code == 0, said.err
        yield someone


def say_ubuntu(user: User, release: str) -> None:
    """Have the fleet's first host, which is there and has no role yet, say that it is Ubuntu."""
    container = user.container(f"{user.fleet}-1")
    engine("exec", "--interactive", container, "sh", "-s", release, said=STAND_IN.read_bytes())

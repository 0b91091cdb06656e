"""Users who rent, in a rehearsal that is gone afterwards."""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

import pytest

from orchestrator.rehearsal import close_rehearsal_when_empty, find_rehearsal, open_rehearsal
from tests.e2e.aws.account import Renter, assert_is_closed, ec2_at
from tests.e2e.user import SHARED_CACHE, User

NOBODY = {
    "AWS_PROFILE": "of-nobody",
    "AWS_CONFIG_FILE": "/nonexistent/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
}
"""Credentials that would break whatever read them."""


@pytest.fixture
def renter(user: User) -> Iterator[Renter]:
    """Somebody with a rehearsal of their own; nothing of the fleet is left in the account in the end."""
    someone = renting(user)
    yield someone
    if find_rehearsal(someone.state):
        assert_is_closed(someone)
    user.run("down", "--yes")
    assert close_rehearsal_when_empty(someone.state) == ()


@pytest.fixture(scope="module")
def home_with_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A home whose rehearsal goes on for all tests of a module, since a key pair is in it; and that key pair."""
    home = tmp_path_factory.mktemp("renter")
    state = home / "state" / "orchestrate"
    ec2 = ec2_at(open_rehearsal(state, (), print).url)
    kept = ec2.create_key_pair(KeyName="kept")["KeyPairId"]
    yield home, kept
    ec2.delete_key_pair(KeyName="kept")
    assert close_rehearsal_when_empty(state) == ()


@pytest.fixture
def next_renter(home_with_account: tuple[Path, str]) -> Iterator[Renter]:
    """Somebody with a fleet that nobody had before, in a rehearsal that others were in; it is as they left it in the end."""
    home, kept = home_with_account
    someone = renting(User(home=home, fleet=f"e2e-{token_hex(3)}", cache=SHARED_CACHE))
    yield someone
    open_rehearsal(someone.state, (), print)  # without the faults of the test
    assert_is_closed(someone)
    someone.user.run("down", "--yes")
    assert close_rehearsal_when_empty(someone.state) == (kept,)


def renting(user: User) -> Renter:
    user.environment |= NOBODY
    user.fleet_file("stack: {builder: venv}\nvalidate: {epochs: 1, min_accuracy: 0.8}\n")
    return Renter(user)

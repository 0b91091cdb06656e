"""A user who rents, in a rehearsal of their own that is gone after the test."""

from collections.abc import Iterator

import pytest

from orchestrator.rehearsal import close_rehearsal_when_empty, find_rehearsal
from tests.e2e.aws.account import Renter, assert_is_closed
from tests.e2e.user import User


@pytest.fixture
def renter(user: User) -> Iterator[Renter]:
    """Credentials that would break whatever read them; nothing of the fleet is left in the account in the end."""
    user.environment |= {
        "AWS_PROFILE": "of-nobody",
        "AWS_CONFIG_FILE": "/nonexistent/config",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
    }
    user.fleet_file("stack: {builder: venv}\nvalidate: {epochs: 1, min_accuracy: 0.8}\n")
    someone = Renter(user)
    yield someone
    if find_rehearsal(someone.state):
        assert_is_closed(someone)
    user.run("down", "--yes")
    assert close_rehearsal_when_empty(someone.state) == ()

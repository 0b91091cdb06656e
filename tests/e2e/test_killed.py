"""`up` killed with -9 at random moments: each time the next `up` ends in PASS, and in the end `down` leaves nothing.

Most of them while it makes a host, twice in a row in `make test-deep`; the others while it looks after one that was proven before.
"""

import random
import time

import pytest

from tests.e2e.user import User, in_the_engine

pytestmark = pytest.mark.containers

TWO = ((1, 1),)
TEN = ((2, 2), (2, 1), (2, 1))
"""For each fleet, how often `up` is killed while it makes it, and while it looks after it."""
SHORT_TRAINING = "validate: {epochs: 1, min_accuracy: 0.5}\n"
"""What is tested here is the way, not the accuracy."""


@pytest.mark.parametrize("kills", [TWO, pytest.param(TEN, marks=pytest.mark.deep)], ids=["two", "ten"])
def test_up_goes_on_after_kill_9_at_random_moments(user: User, kills: tuple[tuple[int, int], ...]) -> None:
    file = str(user.fleet_file(SHORT_TRAINING))
    seed = random.SystemRandom().randrange(2**32)
    dice = random.Random(seed)  # noqa: S311 - moments, not secrets
    print(f"seed {seed}")

    first_s, again_s = _up_to_pass(user, file), _up_to_pass(user, file)
    for making, keeping in kills:
        assert user.run("down", "--yes").code == 0
        for _ in range(making):
            _kill_within(user, file, dice.uniform(0, first_s))
        _up_to_pass(user, file)
        for _ in range(keeping):
            _kill_within(user, file, dice.uniform(0, again_s))
            _up_to_pass(user, file)

    assert user.run("down", "--yes").code == 0
    assert in_the_engine(user) == ()


def _up_to_pass(user: User, file: str) -> float:
    """Seconds that `up` took; it has to end in PASS."""
    began = time.monotonic()
    said = user.run("up", "--config", file)
    assert said.code == 0, said.err
    assert "PASS (CPU-only)" in said.out
    return time.monotonic() - began


def _kill_within(user: User, file: str, moment: float) -> None:
    """Begin `up`, and kill it after so many seconds."""
    with user.running("up", "--config", file) as up:
        ended = up.has_ended_within(moment)
        up.kill_9()
    print(f"killed after {moment:.1f} s{' (it had ended)' if ended else ''}:\n{up.said}")

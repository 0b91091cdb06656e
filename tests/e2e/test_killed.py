"""`up` killed with -9 at ten random moments: each time the next `up` ends in PASS, and in the end `down` leaves nothing.

Half of them while it makes a host, half while it looks after one that was proven before.
"""

import random
import time

import pytest

from tests.e2e.user import User, in_the_engine

pytestmark = pytest.mark.containers

FLEETS = 5
SHORT_TRAINING = "validate: {epochs: 1, min_accuracy: 0.5}\n"
"""What is tested here is the way, not the accuracy."""


def test_up_goes_on_after_kill_9_at_ten_random_moments(user: User) -> None:
    file = str(user.fleet_file(SHORT_TRAINING))
    seed = random.SystemRandom().randrange(2**32)
    dice = random.Random(seed)  # noqa: S311 - moments, not secrets
    print(f"seed {seed}")

    first_s, again_s = _up_to_pass(user, file), _up_to_pass(user, file)
    for _ in range(FLEETS):
        assert user.run("down", "--yes").code == 0
        for whole_s in (first_s, again_s):
            moment = dice.uniform(0, whole_s)
            with user.running("up", "--config", file) as up:
                ended = up.has_ended_within(moment)
                up.kill_9()
            print(
                f"killed after {moment:.1f} s of {whole_s:.1f} s{' (it had ended)' if ended else ''}:\n{up.said}"
            )
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

"""`up` killed with -9 at random moments: each time the next `up` ends in PASS, and in the end `down` leaves nothing.

Most of them while it makes a host, twice in a row for each; the others while it looks after one that was proven before. The
moments are counted from a line that it says, so that none is lost because the computer is faster or slower today.
"""

import random

import pytest

from tests.e2e.user import User, in_the_engine

pytestmark = pytest.mark.containers

TWO = ((1, 1),)
TEN = ((2, 2), (2, 1), (2, 1))
"""For each fleet, how often `up` is killed while it makes it, and while it looks after it."""
FLEET = 'stack: {tensorflow: "2.15", builder: venv}\nvalidate: {epochs: 1, min_accuracy: 0.5}\n'
"""What is tested here is the way, not the accuracy. An older TensorFlow is installed as wished, too: the last with Keras 2."""

MAKING = {
    "launch:": 20.0,
    "-1: base": 15.0,
    "-1: ssh_server": 6.0,
    "-1: ml_env": 30.0,
    "-1: datasets": 6.0,
    "validate:": 20.0,
}
"""What `up` says in this order while it makes a host, and how many seconds after it the kill may come."""
KEEPING_S = 15.0
"""The same for one that was proven before, from its first line on."""


@pytest.mark.parametrize(
    "kills",
    [pytest.param(TWO, marks=pytest.mark.landing), pytest.param(TEN, marks=pytest.mark.deep)],
    ids=["two", "ten"],
)
def test_up_goes_on_after_kill_9_at_random_moments(user: User, kills: tuple[tuple[int, int], ...]) -> None:
    file = str(user.fleet_file(FLEET))
    seed = random.SystemRandom().randrange(2**32)
    dice = random.Random(seed)  # noqa: S311 - moments, not secrets
    print(f"seed {seed}")

    for making, keeping in kills:
        for line in sorted(dice.sample(list(MAKING), making), key=list(MAKING).index):
            _kill_after(user, file, line, dice.uniform(0, MAKING[line]))
        _up_to_pass(user, file)
        for _ in range(keeping):
            _kill_after(user, file, "launch:", dice.uniform(0, KEEPING_S))
            _up_to_pass(user, file)
        versions = user.training()["versions"]
        assert versions["tensorflow"].startswith("2.15.")
        assert versions["keras"].startswith("2.15.")
        assert user.run("down", "--yes").code == 0
        assert in_the_engine(user) == ()


def _up_to_pass(user: User, file: str) -> None:
    said = user.run("up", "--config", file)
    assert said.code == 0, said.err
    assert "PASS (CPU-only)" in said.out


def _kill_after(user: User, file: str, line: str, seconds: float) -> None:
    """Begin `up`, and kill it so many seconds after it said the line; it may end before."""
    with user.running("up", "--config", file) as up:
        ended = not up.says_before_its_end(line) or up.has_ended_within(seconds)
        up.kill_9()
    print(f"killed {seconds:.1f} s after {line!r}{' (it had ended)' if ended else ''}:\n{up.said}")

"""Who adds up with whom, and when."""

import itertools

import pytest

from workloads.all_reduce.tournament import partner, rounds


@pytest.mark.parametrize("tasks", [2, 3, 4, 5, 8, 17])
def test_every_pair_meets_once_and_nobody_is_in_two_at_a_time(tasks: int) -> None:
    made = rounds(tasks)
    met = [pair for pairs in made for pair in pairs]
    assert sorted(met) == sorted(itertools.combinations(range(tasks), 2))
    for pairs in made:
        busy = [task for pair in pairs for task in pair]
        assert len(busy) == len(set(busy))


@pytest.mark.parametrize(("tasks", "count"), [(2, 1), (3, 3), (4, 3), (8, 7), (9, 9)])
def test_there_are_as_few_rounds_as_there_can_be(tasks: int, count: int) -> None:
    assert len(rounds(tasks)) == count


def test_one_alone_meets_nobody() -> None:
    assert [pair for pairs in rounds(1) for pair in pairs] == []


def test_who_rests_has_no_partner() -> None:
    for pairs in rounds(3):
        resting = ({0, 1, 2} - {task for pair in pairs for task in pair}).pop()
        assert partner(pairs, resting) is None

"""What sums between hosts have to be."""

from dataclasses import replace

import numpy as np

from workloads.all_reduce import judge
from workloads.all_reduce.judge import Speed
from workloads.all_reduce.links import Floor
from workloads.all_reduce.measure import measure
from workloads.result import Outcome

NAMES = ("gpu-1", "gpu-2", "gpu-3", "gpu-4")
SIZE = 16 * 2**20


def speed(*group: int, gb_per_s: float = 1.0, wrong: int = 0, tellers: int | None = None) -> Speed:
    n = len(group)
    seconds = SIZE * 2 * (n - 1) / n / gb_per_s / 1e9
    return Speed(
        group=group, bytes=SIZE, seconds=seconds, wrong=wrong, tellers=n if tellers is None else tellers
    )


def of_four(**slow: float) -> list[Speed]:
    pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    return [speed(*pair, gb_per_s=slow.get(f"p{pair[0]}{pair[1]}", 1.0)) for pair in pairs] + [
        speed(0, 1, 2, 3)
    ]


def test_of_two_the_bus_carries_what_the_program_sees_and_of_many_nearly_twice_that() -> None:
    assert np.isclose(speed(0, 1, gb_per_s=2.0).algorithm_gb_per_s, 2.0)
    many = speed(0, 1, 2, 3, gb_per_s=3.0)
    assert np.isclose(many.algorithm_gb_per_s, 2.0)
    assert np.isclose(many.bus_gb_per_s, 3.0)


def test_of_what_both_say_the_worse_counts() -> None:
    told = [
        [{"group": [0, 1], "bytes": 4, "seconds": 0.5, "wrong": 0}],
        [{"group": [0, 1], "bytes": 4, "seconds": 0.7, "wrong": 2}],
    ]
    assert judge.speeds(told) == (Speed(group=(0, 1), bytes=4, seconds=0.7, wrong=2, tellers=2),)


def test_a_wrong_sum_names_its_pair() -> None:
    good = of_four()
    assert judge.check_sums(good, NAMES).outcome is Outcome.PASSED
    bad = judge.check_sums([*good[1:], replace(good[0], wrong=3)], NAMES)
    assert bad.outcome is Outcome.FAILED
    assert "gpu-1 and gpu-2" in bad.reason
    assert judge.check_sums([], NAMES).outcome is Outcome.FAILED


def test_a_pair_that_was_not_measured_or_told_by_one_alone_is_missed() -> None:
    good = of_four()
    assert judge.check_pairs(good, 4).outcome is Outcome.PASSED
    assert judge.check_pairs(good[1:], 4).outcome is Outcome.FAILED
    assert judge.check_pairs(good[:-1], 4).outcome is Outcome.FAILED
    assert judge.check_pairs([replace(good[0], tellers=1), *good[1:]], 4).outcome is Outcome.FAILED
    assert judge.check_pairs(good, 5).outcome is Outcome.FAILED


def test_a_pair_far_slower_than_the_others_is_found() -> None:
    assert judge.check_alike(of_four(p12=0.5), NAMES).outcome is Outcome.PASSED
    bad = judge.check_alike(of_four(p12=0.3), NAMES)
    assert bad.outcome is Outcome.FAILED
    assert "gpu-2 and gpu-3 reaches 0.3 GB/s, the others 1" in bad.reason


def test_two_hosts_have_nothing_to_be_compared_with() -> None:
    assert judge.check_alike([speed(0, 1, gb_per_s=0.001)], NAMES).outcome is Outcome.PASSED


def test_a_link_below_its_floor_fails_and_an_unknown_one_never_passes() -> None:
    pairs = [speed(0, 1), speed(0, 2), speed(1, 2)]
    floor = Floor(gb_per_s=0.5, source="data sheet")
    known = {(0, 1): floor, (0, 2): floor, (1, 2): floor}
    assert judge.check_links(pairs, known, NAMES, is_gpu=True).outcome is Outcome.PASSED
    high = known | {(1, 2): Floor(gb_per_s=2.0, source="data sheet")}
    assert judge.check_links(pairs, high, NAMES, is_gpu=True).outcome is Outcome.FAILED
    unknown = judge.check_links(pairs, known | {(1, 2): None}, NAMES, is_gpu=True)
    assert unknown.outcome is Outcome.SKIPPED
    assert "gpu-2 and gpu-3" in unknown.reason


def test_on_the_cpu_no_speed_is_judged_and_the_check_says_so() -> None:
    made = judge.check_links([speed(0, 1)], {(0, 1): None}, NAMES, is_gpu=False)
    assert "told and not judged" in made.seen


class _Two:
    """Adds what this task brings to what the other one has to bring, or to less."""

    transport = "gloo"

    def __init__(self, other: float) -> None:
        self._other = other

    def reducer(self, group: tuple[int, ...], key: int, length: int) -> "_Two":
        return self

    def prepare(self) -> None: ...

    def connect(self) -> None: ...

    def close(self) -> None: ...

    def put(self, values: object) -> object:
        return values

    def add(self, tensor: object) -> object:
        # Task 1 brings twice what task 0 brings, below the cycle.
        return np.asarray(tensor) * (1 + self._other)

    def wait(self, tensor: object) -> None: ...

    def fetch(self, tensor: object) -> object:
        return tensor

    def place(self, tensor: object) -> str:
        return "CPU:0"


def test_sums_are_compared_number_by_number() -> None:
    sizes = ((1024, 3),)
    (right,) = measure(_Two(2.0), (0, 1), 0, sizes=sizes, key=1)
    (wrong,) = measure(_Two(1.0), (0, 1), 0, sizes=sizes, key=1)
    assert right.wrong == 0
    assert wrong.wrong == 2 * 255  # all but the first, which is nothing on both
    assert right.place == "CPU:0"

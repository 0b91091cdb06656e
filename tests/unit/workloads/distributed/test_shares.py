"""Which images each replica works on."""

import numpy as np
import pytest

from workloads.distributed.shares import Split, order, share
from workloads.distributed.state.network import LENGTH, SHAPES, initial, layers, pace


@pytest.mark.parametrize(("batch", "replicas"), [(256, 1), (256, 2), (256, 3), (10, 7), (3, 8), (1, 1)])
def test_together_they_are_the_batch_none_twice_none_left_out(batch: int, replicas: int) -> None:
    split = Split(batch=batch, replicas=replicas)
    pixels = np.arange(60_000, dtype=np.int64).reshape(-1, 1)
    classes = np.arange(60_000) % 10
    chosen = order(1, 1, 60_000)[:batch]
    parts = [share(split, replica, chosen, pixels, classes) for replica in range(replicas)]
    assert {len(part.counted) for part in parts} == {split.size}
    worked_on = np.concatenate([part.pixels[part.counted == 1, 0] for part in parts])
    assert sorted(worked_on) == sorted(chosen)
    for part in parts:
        assert np.array_equal(part.classes, part.pixels[:, 0] % 10)


def test_the_order_follows_from_seed_and_epoch_alone() -> None:
    assert np.array_equal(order(1, 2, 1000), order(1, 2, 1000))
    assert not np.array_equal(order(1, 1, 1000), order(1, 2, 1000))
    assert not np.array_equal(order(1, 1, 1000), order(2, 1, 1000))
    assert sorted(order(1, 1, 1000)) == list(range(1000))


def test_all_hosts_begin_with_the_same_weights() -> None:
    assert np.array_equal(initial(7), initial(7))
    assert not np.array_equal(initial(7), initial(8))
    assert initial(7).dtype == np.float32
    assert [part.shape for part in layers(initial(7))] == list(SHAPES)
    assert sum(part.size for part in layers(initial(7))) == LENGTH


def test_the_pace_falls_to_nothing_at_the_end() -> None:
    paces = [pace(step, 1000) for step in range(1000)]
    assert np.isclose(paces[0], 0.01 * np.sqrt(1 - 0.999) / (1 - 0.9))
    assert 0 < paces[-1] < 1e-6

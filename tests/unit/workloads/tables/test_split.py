"""The same seed gives the same rows; none is learnt from and tested on."""

import numpy as np
import pytest

from workloads.tables.split import TooFewRowsError, batches, split


def test_no_row_is_learnt_from_and_tested_on_and_none_is_lost() -> None:
    rows = split(1000, seed=1, limit=None, batch_size=32)
    assert (len(rows.training), len(rows.validation)) == (900, 100)
    assert sorted([*rows.training, *rows.validation]) == list(range(1000))


def test_the_seed_decides_which_rows() -> None:
    one, same, other = (split(1000, seed=seed, limit=None, batch_size=32) for seed in (1, 1, 2))
    assert (one.validation == same.validation).all()
    assert (one.validation != other.validation).any()


def test_a_limit_takes_rows_from_everywhere() -> None:
    rows = split(1000, seed=1, limit=100, batch_size=32)
    assert len(rows.training) + len(rows.validation) == 100
    assert max(*rows.training, *rows.validation) > 500


@pytest.mark.parametrize(("count", "batch_size"), [(9, 1), (100, 91)])
def test_rows_that_fill_no_batch_are_told(count: int, batch_size: int) -> None:
    with pytest.raises(TooFewRowsError, match="take more rows, or a smaller --batch-size"):
        split(count, seed=1, limit=None, batch_size=batch_size)


def test_every_epoch_has_the_same_rows_in_another_order() -> None:
    rows = np.arange(64)
    first, again, second = (batches(rows, 32, seed=1, epoch=epoch) for epoch in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, second)
    assert sorted(np.concatenate(second)) == list(range(64))


def test_what_does_not_fill_a_batch_is_left_out() -> None:
    assert [len(batch) for batch in batches(np.arange(70), 32, seed=1, epoch=0)] == [32, 32]

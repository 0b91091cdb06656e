"""The table of expected figures: limits that something can keep, cards and workloads that there are, a source each."""

import pytest

from orchestrator.catalog.speeds import ANY, Expectation, expectations, rates_of
from orchestrator.models import Confidence
from workloads.registry import WORKLOADS

ROWS = expectations()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.gpu} {row.workload} {row.figure}")
def test_a_row_can_be_kept_and_says_where_it_is_from(row: Expectation) -> None:
    assert row.least <= row.most
    assert row.source
    assert row.confidence is not Confidence.LOW
    assert row.workload in {ANY, *WORKLOADS}
    card = rates_of("NVIDIA H200" if row.gpu == ANY else row.gpu)
    assert card is not None
    assert not row.share_of or row.share_of in card.rates


def test_no_figure_is_expected_twice() -> None:
    keys = [(row.gpu, row.workload, row.figure) for row in ROWS]
    assert len(keys) == len(set(keys))

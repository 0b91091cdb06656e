"""Prices on demand are remembered for a day, in a file that may be lost or broken."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.market.prices import Price, PriceList
from orchestrator.rehearsal import Cloud, Fault
from tests.unit.providers.aws.market.account import EAST, WEST, counted

pytestmark = pytest.mark.served

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
T4 = (EAST, "g4dn.xlarge")


def listed(cloud: Cloud, file: Path | None, *, hours: float = 0) -> Price | None:
    """What a process is told that starts so many hours later."""
    return PriceList(Aws(cloud.url), file, NOW + timedelta(hours=hours)).on_demand([T4])[T4]


def test_a_price_is_asked_for_once_a_day(tmp_path: Path) -> None:
    file = tmp_path / "cache" / "prices.json"
    with Cloud() as cloud:
        assert listed(cloud, file) == listed(cloud, file, hours=23.9) == Price(usd_per_hour=0.526)
        assert counted(cloud) == {"GetProducts": 1}
        listed(cloud, file, hours=24)
        listed(cloud, file, hours=-1)  # a clock that was set back
        assert counted(cloud) == {"GetProducts": 3}


def test_prices_that_are_known_stay_when_others_are_added(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    with Cloud() as cloud:
        listed(cloud, file)
        both = PriceList(Aws(cloud.url), file, NOW).on_demand([T4, (WEST, "g5.xlarge")])
        assert both[WEST, "g5.xlarge"] == Price(usd_per_hour=1.1066)
        PriceList(Aws(cloud.url), file, NOW).on_demand(both)
        assert counted(cloud) == {"GetProducts": 2}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"us-east-1/g4dn.xlarge": 1}',
        '{"us-east-1/g4dn.xlarge": {"usd_per_hour": 0, "read_at": "2026-11-21T11:00:00+00:00"}}',
        '{"us-east-1/g4dn.xlarge": {"usd_per_hour": NaN, "read_at": "2026-11-21T11:00:00+00:00"}}',
        '{"us-east-1/g4dn.xlarge": {"usd_per_hour": 9, "read_at": "2026-11-21T11:00:00"}}',
    ],
)
def test_a_broken_file_is_ignored_and_replaced(tmp_path: Path, content: str) -> None:
    file = tmp_path / "prices.json"
    file.write_text(content, encoding="utf-8")
    with Cloud() as cloud:
        assert listed(cloud, file) == listed(cloud, file) == Price(usd_per_hour=0.526)
        assert counted(cloud) == {"GetProducts": 1}


def test_a_folder_that_cannot_be_written_costs_a_call_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with Cloud() as cloud:
        assert listed(cloud, tmp_path / "file" / "prices.json") == Price(usd_per_hour=0.526)


def test_the_catalogs_price_is_never_remembered_as_one_of_today(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    with Cloud() as cloud:
        cloud.inject(Fault(action="GetProducts", code="AccessDeniedException"))
        assert listed(cloud, file) == Price(usd_per_hour=0.526, said="list price of 2026-07-20")
    assert not file.exists()


def test_without_a_file_nothing_is_remembered() -> None:
    with Cloud() as cloud:
        listed(cloud, None)
        listed(cloud, None)
        assert counted(cloud) == {"GetProducts": 2}

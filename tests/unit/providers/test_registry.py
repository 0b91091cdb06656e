"""Clouds by name."""

from pathlib import Path

import pytest

from orchestrator.errors import UsageError
from orchestrator.providers.registry import known_clouds, open_provider
from orchestrator.providers.settings import OnpremSettings, ProviderSettings


def test_every_known_cloud_opens_without_its_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    settings = ProviderSettings(onprem=OnpremSettings(inventory=Path("nowhere")))
    opened = [open_provider(cloud, settings, lambda _line: None).name for cloud in known_clouds()]
    assert opened == ["sandbox", "onprem", "aws"]


@pytest.mark.parametrize(
    ("cloud", "hint"),
    [
        ("sandbx", "did you mean 'sandbox'? known are sandbox, onprem, aws"),
        ("mars", "known are sandbox, onprem, aws"),
    ],
)
def test_an_unknown_cloud_names_the_known_ones_and_the_nearest(cloud: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"unknown cloud '{cloud}'") as caught:
        open_provider(cloud, ProviderSettings(), lambda _line: None)
    assert caught.value.hint == hint


def test_onprem_without_an_inventory_says_where_to_name_one() -> None:
    with pytest.raises(UsageError) as caught:
        open_provider("onprem", ProviderSettings(), lambda _line: None)
    assert caught.value.hint == "set `inventory:` under `onprem:`"

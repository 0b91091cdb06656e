"""How often a provider is asked for the hosts of a fleet that starts."""

from typing import cast

import pytest

from orchestrator.models import Host
from orchestrator.providers.base import Provider
from orchestrator.stages.launch import poller
from orchestrator.stages.launch.poller import INTERVAL_S, SHARE, HostPoller


class Listing:
    """A provider whose list takes a while, by a clock that only it and the test move."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.now = 100.0
        self.asked = 0

    def find(self, _fleet: str) -> tuple[Host, ...]:
        self.asked += 1
        self.now += self.seconds
        return ()

    def monotonic(self) -> float:
        return self.now


@pytest.fixture(params=[0.01, 2.0])
def listing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Listing:
    played = Listing(request.param)
    monkeypatch.setattr(poller, "time", played)
    return played


def test_a_list_that_takes_long_is_asked_for_less_often(listing: Listing) -> None:
    looks = HostPoller(cast("Provider", listing), "t")
    pause = max(INTERVAL_S, SHARE * listing.seconds)
    looks.now("t-1")
    listing.now += 0.99 * pause
    looks.now("t-1")
    assert listing.asked == 1
    listing.now += 0.02 * pause
    looks.now("t-1")
    assert listing.asked == 2

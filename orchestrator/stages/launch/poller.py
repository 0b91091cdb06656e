"""Poll the provider for the state of a fleet's hosts, for many threads at once: however many ask, it is asked once per interval."""

import time
from threading import Lock

from orchestrator.models import Host
from orchestrator.providers.base import Provider

INTERVAL_S = 0.5
"""Half a second: a provider at the other end of the network counts its calls and throttles."""


class HostPoller:
    """The last known state of each host."""

    def __init__(self, provider: Provider, fleet: str) -> None:
        self._provider = provider
        self._fleet = fleet
        self._lock = Lock()
        self._seen_at = float("-inf")
        self._seen: dict[str, Host] = {}

    def now(self, name: str) -> Host | None:
        """The host as it is, at most half a second old; None when the provider shows none of that name."""
        with self._lock:
            if time.monotonic() - self._seen_at >= INTERVAL_S:
                self._seen = {host.name: host for host in self._provider.find(self._fleet)}
                self._seen_at = time.monotonic()
            return self._seen.get(name)

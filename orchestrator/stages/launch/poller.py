"""Poll the provider for the state of a fleet's hosts, for many threads at once: however many ask, it is asked once per interval."""

import time
from threading import Lock

from orchestrator.models import Host
from orchestrator.providers.base import Provider

INTERVAL_S = 0.5
"""Half a second: a provider at the other end of the network counts its calls and throttles."""


SHARE = 5
"""A look is followed by a pause of so many times as long as it took: to list a thousand hosts takes a second of this computer, which
lets them in meanwhile."""


class HostPoller:
    """The last known state of each host."""

    def __init__(self, provider: Provider, fleet: str) -> None:
        self._provider = provider
        self._fleet = fleet
        self._lock = Lock()
        self._due_at = float("-inf")
        self._seen: dict[str, Host] = {}

    def now(self, name: str) -> Host | None:
        """The host as it was at the last look; None when the provider shows none of that name."""
        with self._lock:
            if time.monotonic() >= self._due_at:
                began = time.monotonic()
                self._seen = {host.name: host for host in self._provider.find(self._fleet)}
                ended = time.monotonic()
                self._due_at = ended + max(INTERVAL_S, SHARE * (ended - began))
            return self._seen.get(name)

"""The facts of hosts before the first change: what they are, and what stands in the way. Asks each host once in a run."""

import platform
from pathlib import Path

from orchestrator.catalog import load
from orchestrator.models import Hardware, Host, HostFacts, Plan, Preflight
from orchestrator.stages.preflight import InstallPaths, hardware, install_paths, obstacles, probe

_ARCHITECTURES = {"arm64": "aarch64"}
"""macOS has a name of its own for what its containers call aarch64."""


def own_architecture() -> str:
    """Of this computer and the containers on it: x86_64 or aarch64."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


class HostFactsReader:
    """Asks each host once, and remembers its facts.

    Args:
        key: the fleet's private key; it need not be there yet. None for hosts that the user's own keys open.
    """

    def __init__(self, key: Path | None) -> None:
        self._key = key
        self._facts: dict[str, HostFacts] = {}

    def hardware(self, hosts: tuple[Host, ...], places: InstallPaths) -> dict[str, Hardware]:
        """What a stack for each host is to be resolved for.

        Raises:
            UnreachableError: a host does not answer.
            HostNotReadyError: a host cannot say what it is, or has a card that nobody knows.
        """
        return {facts.host: hardware(facts, load()) for facts in self._look(hosts, places)}

    def preflight(self, planned: Plan, hosts: tuple[Host, ...]) -> Preflight:
        """All that stands in the way of the plan on these hosts. Raises as `hardware`."""
        given = planned.role_vars
        facts = self._look(hosts, install_paths(given))
        found = (
            obstacles(each, planned.stacks.get(each.host), load(), given, planned.roles) for each in facts
        )
        return Preflight(facts=facts, obstacles=tuple(obstacle for of_host in found for obstacle in of_host))

    def _look(self, hosts: tuple[Host, ...], places: InstallPaths) -> tuple[HostFacts, ...]:
        unknown = tuple(host for host in hosts if host.name not in self._facts)
        if unknown:
            self._facts |= {facts.host: facts for facts in probe(unknown, self._key, places)}
        return tuple(self._facts[host.name] for host in hosts)

"""Addresses that hosts of a cluster keep when they are stopped and started: an engine gives out others each time.

Hosts of a cluster have each other's addresses on record, and so does Slurm. Docker takes an address for a container only on a
network whose range was said when it was made; so the range that Docker itself has chosen is said to it. Podman's hosts keep none.
"""

from collections.abc import Iterable
from ipaddress import ip_network
from itertools import islice

from orchestrator.providers.sandbox import container_spec
from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.inspect_output import Container, Labelled

_RANGE = "{{(index .IPAM.Config 0).Subnet}}"
_OF_THE_ENGINE = 1
"""The first address of the range is the engine's own."""


def create_network(engine: Engine, name: str, flags: tuple[str, ...], *, keeps_addresses: bool) -> None:
    """Make a network, which says its range in a label where its hosts keep their addresses. Raises NameTakenError."""
    engine.call("network", "create", *flags, name)
    if not keeps_addresses or engine.facts.podman:
        return
    subnet = engine.call("network", "inspect", "--format", _RANGE, name)
    engine.call("network", "rm", name)
    label = ("--label", f"{container_spec.SUBNET}={subnet}")
    engine.call("network", "create", "--subnet", subnet, *flags, *label, name)


def addresses_for(
    missing: Iterable[str], network: Labelled | None, there: Iterable[Container]
) -> dict[str, str]:
    """An address for each host that is to be made, none that another host has; empty where hosts keep none. Pure.

    Args:
        missing: names of the hosts.
        network: of the fleet.
        there: its containers, whether they run or not.
    """
    subnet = network.labels.get(container_spec.SUBNET, "") if network else ""
    if not subnet:
        return {}
    taken = {seen.labels.get(container_spec.ADDRESS, "") for seen in there}
    free = (str(each) for each in islice(ip_network(subnet).hosts(), _OF_THE_ENGINE, None))
    return dict(zip(missing, (each for each in free if each not in taken), strict=False))

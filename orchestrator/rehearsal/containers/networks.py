"""The networks of a rehearsal in the engine, and taking away all that it has there. Knows no cloud."""

from ipaddress import IPv4Network

from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.fleet.release import remove
from orchestrator.providers.sandbox.image.recipe import owner_of
from orchestrator.rehearsal.containers.container_spec import LABEL, REPOSITORY, EngineNetwork


def create_network(engine: Engine, mark: str, cidr: str) -> EngineNetwork:
    """Make the network of a VPC.

    Raises:
        ProviderError: the engine refuses, for instance because another network has those addresses.
    """
    gateway = str(IPv4Network(cidr)[1])
    name = f"orchestrate-rehearsal-{mark}-{cidr.partition('/')[0]}"
    ranges = ("--subnet", cidr, "--gateway", gateway)
    engine.call("network", "create", *ranges, "--label", f"{LABEL}={mark}", name)
    return EngineNetwork(network=name, gateway=gateway, mark=mark)


def remove_everything(engine: Engine, mark: str) -> None:
    """Remove every container and network of a rehearsal, by label, and its images; gone already is success."""
    label = f"{LABEL}={mark}"
    for container in engine.containers(label):
        remove(engine, "container", container.id)
    for network in engine.networks(label):
        remove(engine, "network", network.id)
    for image in engine.images(REPOSITORY):
        if owner_of(image) == mark:
            remove(engine, "image", image)

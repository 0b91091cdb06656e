"""Which cards a host has, by the names of the catalog. Pure."""

from typing import TYPE_CHECKING

from orchestrator.models import Hardware, HostFacts

if TYPE_CHECKING:
    from orchestrator.catalog import Catalog


def hardware(facts: HostFacts, catalog: "Catalog") -> Hardware:
    """What a stack for this host is to be resolved for.

    Raises:
        UnknownCardError: the catalog knows neither the card's PCI device id nor the driver's name for it.
    """
    del catalog
    return Hardware(gpus=(), distribution=facts.distribution, architecture=facts.architecture)

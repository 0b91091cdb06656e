"""Where hosts hang: who may reach them, with which key, in which network, at which address and name."""

from orchestrator.providers.aws.network.addresses import give_addresses
from orchestrator.providers.aws.network.door import Door, open_door
from orchestrator.providers.aws.network.group import refresh_access
from orchestrator.providers.aws.network.records import Naming, give_names

__all__ = ["Door", "Naming", "give_addresses", "give_names", "open_door", "refresh_access"]

"""Where hosts hang: who may reach them, with which key, in which network, at which address and name."""

from orchestrator.providers.aws.network.dns_records import Naming, give_names
from orchestrator.providers.aws.network.elastic_ips import give_addresses
from orchestrator.providers.aws.network.prerequisites import LaunchPrerequisites, ensure_prerequisites
from orchestrator.providers.aws.network.security_group import refresh_access

__all__ = [
    "LaunchPrerequisites",
    "Naming",
    "ensure_prerequisites",
    "give_addresses",
    "give_names",
    "refresh_access",
]

"""Under which names the hosts' services are reached, and from where. Pure."""

from orchestrator.config import FleetSpec
from orchestrator.errors import UsageError
from orchestrator.models import HostRequest
from orchestrator.providers.settings import dns_names


def web_names(spec: FleetSpec, hosts: tuple[HostRequest, ...]) -> dict[str, tuple[str, ...]]:
    """By host, the names that the fleet file gives it; empty where no service is wanted or none has a name.

    Raises:
        UsageError: names of one host for a fleet of several.
    """
    if "nginx" not in spec.wanted_roles:
        if spec.web.names:
            raise UsageError(
                "`names:` under `web:`, and nothing on the web", "services: [page], or up --with page"
            )
        return {}
    if spec.web.names and len(hosts) > 1:
        raise UsageError(
            f"`names:` under `web:` are of one host, and the fleet has {len(hosts)}",
            "`dns_name:` under `aws:` gives each its own; or set `nginx_names` for each host in the inventory",
        )
    if spec.web.names:
        return {hosts[0].name: spec.web.names}
    if spec.cloud == "aws" and spec.aws.dns_name:
        names = dns_names(spec.aws.dns_name, spec.name, tuple(host.name for host in hosts))
        return {host: (name,) for host, name in names.items()}
    return {}


def is_public(spec: FleetSpec) -> bool:
    """Whether ports 80 and 443 are to be reached from outside: there is something on the web, and it has a name."""
    named = spec.web.names or spec.web.address_domain or (spec.cloud == "aws" and spec.aws.dns_name)
    return bool(named) and "nginx" in spec.wanted_roles

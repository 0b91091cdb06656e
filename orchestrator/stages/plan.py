"""Decide what `up` will do, before anything is made or spent. Asks the provider what it offers; changes nothing."""

from orchestrator.config import FleetSpec
from orchestrator.errors import ProviderError
from orchestrator.models import HostRequest, LaunchRequest, Offer, Plan
from orchestrator.providers.base import Provider


def plan(spec: FleetSpec, provider: Provider, *, token: str, surroundings_vars: dict[str, object]) -> Plan:
    """Turn the fleet's specification into a plan.

    Args:
        spec: what the user wants.
        provider: asked for offers and, where the provider's hosts exist already, for those.
        token: the fleet's idempotency token; the same one for every `up` until `down`.
        surroundings_vars: role variables that follow from this computer; the user's own `vars:` win over them.

    Raises:
        ProviderError: nothing on offer fits; names each reason.
    """
    hosts = spec.host_requests if spec.cloud != "onprem" else _existing(spec, provider)
    request = LaunchRequest(
        fleet=spec.name, token=token, hosts=hosts, user=spec.user, authorized_key="", identities={}
    )
    offers = provider.offers(request)
    _refuse_what_is_not_on_offer(offers)
    return Plan(
        fleet=spec.name,
        cloud=spec.cloud,
        token=token,
        hosts=hosts,
        user=spec.user,
        offers=offers,
        roles=spec.roles,
        role_vars=surroundings_vars | dict(spec.vars),
        workloads=spec.validation.requests,
        price_usd_per_hour=sum(offer.price_usd_per_hour for offer in offers),
    )


def _existing(spec: FleetSpec, provider: Provider) -> tuple[HostRequest, ...]:
    hosts = provider.find(spec.name)
    if not hosts:
        raise ProviderError(
            f"{spec.onprem.inventory} has no host that matches `{spec.onprem.limit}`",
            "add hosts to the inventory, or name one under `onprem.inventory:`",
        )
    return tuple(HostRequest(name=host.name, distribution=host.distribution) for host in hosts)


def _refuse_what_is_not_on_offer(offers: tuple[Offer, ...]) -> None:
    refused = [offer for offer in offers if not offer.available]
    if refused:
        causes = "; ".join(f"{offer.description}: {offer.reason}" for offer in refused)
        raise ProviderError(f"not to be had: {causes}", "orchestrate doctor")

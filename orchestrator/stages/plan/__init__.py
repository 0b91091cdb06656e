"""Decide what `up` will do, before anything is made or spent. Asks the provider what it offers; changes nothing."""

from orchestrator.config import FleetSpec
from orchestrator.errors import ProviderError
from orchestrator.models import Hardware, HostRequest, LaunchRequest, Offer, Plan
from orchestrator.providers.base import Provider
from orchestrator.stages.plan.aws import plan_on_aws
from orchestrator.stages.plan.ground import Ground, planned
from orchestrator.stages.plan.roles import STACK_ROLES

__all__ = ["STACK_ROLES", "Ground", "plan", "plan_on_aws"]


def plan(spec: FleetSpec, provider: Provider, ground: Ground) -> Plan:
    """Turn the fleet's specification into a plan.

    Args:
        spec: what the user wants.
        provider: asked for offers and, where the provider's hosts exist already, for those.
        ground: what else it rests on.

    Raises:
        ProviderError: nothing on offer fits; names each reason.
        RefusedError: no stack works for a host's cards and the wishes.
    """
    hosts = spec.host_requests if spec.cloud != "onprem" else _existing(spec, provider, ground.hardware)
    request = LaunchRequest(
        fleet=spec.name, token=ground.token, hosts=hosts, user=spec.user, authorized_key="", identities={}
    )
    offers = provider.offers(request)
    _refuse_what_is_not_on_offer(offers)
    return planned(spec, hosts, offers, ground)


def _existing(spec: FleetSpec, provider: Provider, hardware: dict[str, Hardware]) -> tuple[HostRequest, ...]:
    hosts = provider.find(spec.name)
    if not hosts:
        raise ProviderError(
            f"{spec.onprem.inventory} has no host that matches `{spec.onprem.limit}`",
            "add hosts to the inventory, or name one under `onprem.inventory:`",
        )
    known = {name: seen.distribution for name, seen in hardware.items()}
    return tuple(
        HostRequest(name=host.name, distribution=known.get(host.name, host.distribution)) for host in hosts
    )


def _refuse_what_is_not_on_offer(offers: tuple[Offer, ...]) -> None:
    refused = [offer for offer in offers if not offer.available]
    if refused:
        causes = "; ".join(f"{offer.description}: {offer.reason}" for offer in refused)
        raise ProviderError(f"not to be had: {causes}", "orchestrate doctor")

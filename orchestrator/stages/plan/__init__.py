"""Decide what `up` will do, before anything is made or spent. Asks the provider what it offers; changes nothing."""

from dataclasses import replace

from orchestrator.answer import Typed
from orchestrator.config import FleetSpec
from orchestrator.errors import CapacityError, ProviderError
from orchestrator.models import Hardware, HostRequest, LaunchRequest, Offer, Plan
from orchestrator.providers.base import Provider
from orchestrator.providers.sandbox.image.recipe import recipe_for
from orchestrator.stages.plan.cluster import cluster_of
from orchestrator.stages.plan.context import PlanContext, build_plan
from orchestrator.stages.plan.rented import (
    catalog_offers,
    key,
    rented_hardware,
    same_intent,
    with_cheapest,
    with_launched_types,
)
from orchestrator.stages.plan.roles import STACK_ROLES

__all__ = [
    "STACK_ROLES",
    "PlanContext",
    "plan",
    "plan_from_catalog",
    "same_intent",
    "with_cheapest",
    "with_launched_types",
]


def plan(spec: FleetSpec, provider: Provider, context: PlanContext) -> Plan:
    """Turn the fleet's specification into a plan.

    Args:
        spec: what the user wants.
        provider: asked for offers and, where the provider's hosts exist already, for those.
        context: what else it rests on.

    Raises:
        ProviderError: nothing on offer fits; names each reason.
        RefusedError: no stack works for a host's cards and the wishes.
        UsageError: the sandbox makes no host of a distribution, or the image of rented hosts does not go with a wish or a type.
    """
    if spec.cloud == "sandbox":
        for host in spec.host_requests:  # what no engine cures is refused before one is asked
            recipe_for(host.distribution, user=spec.user)
    if spec.cloud == "aws":  # a type that nobody can use is refused before anybody is asked
        context = _on_rented(spec, context)
    hosts = spec.host_requests if spec.cloud != "onprem" else _existing(spec, provider, context.hardware)
    cluster = cluster_of(spec, hosts)
    request = LaunchRequest(
        fleet=spec.name,
        token=context.token,
        hosts=hosts,
        user=spec.user,
        authorized_key="",
        identities={},
        shared_folder=cluster.volume if cluster else "",
    )
    offers = provider.offers(request)
    _refuse_what_is_not_on_offer(hosts, offers)
    made = build_plan(spec, hosts, offers, context)
    return replace(made, makes=provider.makes(replace(request, offers=offers))) if context.detailed else made


def plan_from_catalog(spec: FleetSpec, typed: Typed, local_vars: dict[str, object]) -> Plan:
    """As `plan` for rented hosts, where AWS cannot be asked: prices are those of the catalog's date. Raises as `plan`."""
    context = PlanContext(
        token=f"{spec.name}-planned",
        typed=typed,
        architecture="",
        local_vars=local_vars,
        earlier=None,
        hardware={},
    )
    offers = catalog_offers(spec)
    context = _on_rented(spec, context)
    _refuse_what_is_not_on_offer(spec.host_requests, offers)
    return build_plan(spec, spec.host_requests, offers, context)


def _on_rented(spec: FleetSpec, context: PlanContext) -> PlanContext:
    seen = rented_hardware(spec, context.typed)
    first = spec.aws.instance_type[0]
    hardware = {host.name: seen.hardware[key(first, host.distribution)] for host in spec.host_requests}
    if spec.aws.rehearse:
        hardware = {name: replace(each, gpus=()) for name, each in hardware.items()}
    return replace(context, hardware=hardware, rented=seen)


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


def _refuse_what_is_not_on_offer(hosts: tuple[HostRequest, ...], offers: tuple[Offer, ...]) -> None:
    """Every kind of host needs one offer that can be had."""
    for kind in dict.fromkeys(host.distribution for host in hosts):
        for_it = [offer for offer in offers if offer.kind in {"", kind}]
        if all(offer.available for offer in for_it if not offer.key) and any(
            offer.available for offer in for_it
        ):
            continue
        refused = [offer for offer in for_it if not offer.available]
        causes = "; ".join(dict.fromkeys(f"{offer.description}: {offer.reason}" for offer in refused))
        if any(offer.key for offer in for_it):
            raise CapacityError(
                f"not to be had: {causes}", "another type, zone or region: `orchestrate plan --help`"
            )
        raise ProviderError(f"not to be had: {causes or kind}", "orchestrate doctor")

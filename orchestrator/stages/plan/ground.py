"""What a plan rests on, and the plan that follows from it: the stack of each host, the roles, the notes."""

from dataclasses import dataclass, replace

from orchestrator.answer import Typed, refused
from orchestrator.catalog import load
from orchestrator.config import FleetSpec
from orchestrator.models import Builder, Hardware, HostRequest, Offer, Plan, Refusal, Stack
from orchestrator.resolve import resolve
from orchestrator.stages.plan.builder import choose_builder
from orchestrator.stages.plan.roles import STACK_ROLES, choose_roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a plan rests on besides the fleet's specification."""

    token: str
    """The fleet's idempotency token; the same one for every `up` until `down`."""
    typed: Typed
    """The command that plans, for the ways out of a refusal."""
    architecture: str
    """Of hosts that are made on this computer: x86_64 or aarch64."""
    surroundings_vars: dict[str, object]
    """Role variables that follow from this computer; the user's own `vars:` win over them."""
    earlier: Plan | None
    """The plan on record."""
    hardware: dict[str, Hardware]
    """By host. One that is not named is made on this computer and has no card."""


def planned(
    spec: FleetSpec, hosts: tuple[HostRequest, ...], offers: tuple[Offer, ...], ground: Ground
) -> Plan:
    """The plan for these hosts. Raises RefusedError."""
    role_vars = ground.surroundings_vars | dict(spec.vars)
    plan = Plan(
        fleet=spec.name,
        cloud=spec.cloud,
        token=ground.token,
        hosts=hosts,
        user=spec.user,
        offers=offers,
        roles=spec.roles,
        role_vars=role_vars,
        workloads=spec.validation.requests,
        price_usd_per_hour=sum(offer.price_usd_per_hour for offer in offers),
    )
    if STACK_ROLES.isdisjoint(spec.roles):
        return plan
    hardware = {host.name: ground.hardware.get(host.name) or _made_here(host, ground) for host in hosts}
    builder = choose_builder(spec, ground.earlier, role_vars, hardware[hosts[0].name].architecture)
    stacks = _stacks(spec, hardware, builder.builder, ground.typed)
    roles, notes = choose_roles(
        spec.roles, tuple(stacks.values()), builder, spec.vars, containers=spec.cloud == "sandbox"
    )
    return replace(plan, roles=roles, stacks=stacks, builder=builder, notes=notes)


def _made_here(host: HostRequest, ground: Ground) -> Hardware:
    return Hardware(gpus=(), distribution=host.distribution, architecture=ground.architecture)


def _stacks(
    spec: FleetSpec, hardware: dict[str, Hardware], builder: Builder, typed: Typed
) -> dict[str, Stack]:
    """By host. Hosts that are alike are decided for once."""
    catalog, answers, stacks = load(), dict[Hardware, Stack](), dict[str, Stack]()
    for host, seen in hardware.items():
        if seen not in answers:
            answer = resolve(seen, spec.stack.wishes, builder, catalog)
            if isinstance(answer, Refusal):
                raise refused(answer, typed, whose=host)
            answers[seen] = answer
        stacks[host] = answers[seen]
    return stacks

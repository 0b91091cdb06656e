"""What a plan rests on, and the plan that follows from it: the stack of each host, the roles, the notes."""

from dataclasses import dataclass, replace

from orchestrator.answer import Typed, refused
from orchestrator.catalog import load
from orchestrator.config import FleetSpec
from orchestrator.models import Builder, Hardware, HostRequest, Limits, Offer, Plan, Refusal, Stack
from orchestrator.resolve import resolve
from orchestrator.stages.plan.builder import choose_builder
from orchestrator.stages.plan.rented import Rented, extras, in_a_rehearsal, most, price_per_hour
from orchestrator.stages.plan.roles import STACK_ROLES, choose_roles
from orchestrator.stages.plan.web import web_names


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
    rented: Rented | None = None
    """None where hosts are not rented."""
    told: bool = True
    """The plan is shown before it is carried out, so it names everything that will be made."""


def planned(
    spec: FleetSpec, hosts: tuple[HostRequest, ...], offers: tuple[Offer, ...], ground: Ground
) -> Plan:
    """The plan for these hosts. Raises RefusedError."""
    limits = spec.limits.limits if ground.rented else Limits()
    role_vars = ground.surroundings_vars | _lifetime(limits) | spec.web.role_vars | dict(spec.vars)
    plan = Plan(
        fleet=spec.name,
        cloud=spec.cloud,
        token=ground.token,
        hosts=hosts,
        user=spec.user,
        offers=offers,
        roles=spec.wanted_roles,
        role_vars=role_vars,
        workloads=spec.validation.requests,
        price_usd_per_hour=0.0,
        limits=limits,
        regions=_regions(spec, ground),
        web_names=web_names(spec, hosts),
        rehearsed=spec.aws.rehearse and ground.rented is not None,
        extras=extras(spec) if ground.rented is not None else (),
    )
    plan = replace(plan, price_usd_per_hour=price_per_hour(plan), most_usd=most(plan))
    if STACK_ROLES.isdisjoint(spec.wanted_roles):
        return _without_limits(plan, spec, ground)
    hardware = {host.name: ground.hardware.get(host.name) or _made_here(host, ground) for host in hosts}
    builder = choose_builder(spec, ground.earlier, role_vars, hardware[hosts[0].name].architecture)
    stacks = _stacks(spec, hardware, builder.builder, ground.typed)
    by_type = _stacks(spec, ground.rented.hardware, builder.builder, ground.typed) if ground.rented else {}
    applied = stacks if plan.rehearsed else stacks | by_type
    roles, notes = choose_roles(
        spec.wanted_roles,
        tuple(applied.values()),
        builder,
        spec.vars,
        containers=spec.cloud == "sandbox" or plan.rehearsed,
    )
    said = (*(ground.rented.notes if ground.rented else ()), *notes)
    if plan.rehearsed:
        said = (*said, *in_a_rehearsal(by_type))
    plan = replace(
        plan,
        roles=roles,
        stacks=stacks,
        rented_stacks={} if plan.rehearsed else by_type,
        builder=builder,
        notes=said,
    )
    return _without_limits(plan, spec, ground)


def _without_limits(plan: Plan, spec: FleetSpec, ground: Ground) -> Plan:
    """Role `lifetime` is for hosts that somebody pays for by the hour, or whose variables are set by hand."""
    if ground.rented or any(name.startswith("lifetime_") for name in spec.vars):
        return plan
    asked_for = "limits" in spec.model_fields_set
    note = ("`limits:` are for hosts that are paid for by the hour; nothing ends these",) if asked_for else ()
    roles = tuple(role for role in plan.roles if role != "lifetime")
    return replace(plan, roles=roles, notes=(*plan.notes, *note))


def _lifetime(limits: Limits) -> dict[str, object]:
    """Variables of role `lifetime`; what a host costs is a variable of the host."""
    if limits == Limits():
        return {}
    return {
        "lifetime_max_hours": limits.max_hours,
        "lifetime_max_cost_usd": limits.max_cost_usd,
        "lifetime_idle_minutes": limits.idle_minutes,
    }


def _regions(spec: FleetSpec, ground: Ground) -> tuple[str, ...]:
    """Where hosts may be now or were allowed to be earlier: `down` looks in all of them."""
    if ground.rented is None:
        return ()
    earlier = ground.earlier.regions if ground.earlier else ()
    return tuple(dict.fromkeys((*spec.aws.regions, *earlier)))


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

"""The context of a plan, and the plan that follows from it: the stack of each host, the roles, the notes."""

from dataclasses import dataclass, field, replace

from orchestrator.ansible_hosts import AnsibleCore, installed_core
from orchestrator.answer import Typed, refusal_error
from orchestrator.catalog import UNTRIED, load
from orchestrator.config import FleetSpec
from orchestrator.models import Builder, Hardware, HostRequest, Limits, Offer, Plan, Refusal, Stack
from orchestrator.resolve import resolve
from orchestrator.stages.plan.builder import choose_builder
from orchestrator.stages.plan.cluster import (
    cluster_of,
    cluster_vars,
    unproved_across,
    with_workloads,
    without_leases,
)
from orchestrator.stages.plan.image import as_in_image, has_driver, wishes_for
from orchestrator.stages.plan.rented import RentedHardware, extras, max_cost, price_per_hour, rehearsal_notes
from orchestrator.stages.plan.roles import IN_CONTAINERS, IN_IMAGE, NO_CARD, STACK_ROLES, choose_roles
from orchestrator.stages.plan.web import web_names


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanContext:
    """What a plan rests on besides the fleet's specification."""

    token: str
    """The fleet's idempotency token; the same one for every `up` until `down`."""
    typed: Typed
    """The command that plans, for the ways out of a refusal."""
    architecture: str
    """Of hosts that are made on this computer: x86_64 or aarch64."""
    local_vars: dict[str, object]
    """Role variables that follow from this computer; the user's own `vars:` win over them."""
    earlier: Plan | None
    """The plan on record."""
    hardware: dict[str, Hardware]
    """By host. One that is not named is made on this computer and has no card."""
    rented: RentedHardware | None = None
    """None where hosts are not rented."""
    detailed: bool = True
    """The plan is shown before it is carried out, so it names everything that will be made."""
    ansible: AnsibleCore = field(default_factory=installed_core)
    """What will apply the roles."""


def build_plan(
    spec: FleetSpec, hosts: tuple[HostRequest, ...], offers: tuple[Offer, ...], context: PlanContext
) -> Plan:
    """The plan for these hosts. Raises RefusedError."""
    limits = spec.limits.limits if context.rented else Limits()
    cluster = with_workloads(cluster_of(spec, hosts), spec)
    role_vars = (
        context.local_vars
        | _lifetime(limits)
        | spec.web.role_vars
        | cluster_vars(spec.name, cluster)
        | dict(spec.vars)
    )
    plan = Plan(
        fleet=spec.name,
        cloud=spec.cloud,
        token=context.token,
        hosts=hosts,
        user=spec.user,
        offers=offers,
        roles=spec.wanted_roles,
        role_vars=role_vars,
        workloads=spec.validation.requests(spec.stack.framework),
        valid_days=spec.validation.valid_days,
        price_usd_per_hour=0.0,
        limits=limits,
        regions=_regions(spec, context),
        web_names=web_names(spec, hosts),
        rehearsed=spec.aws.rehearse and context.rented is not None,
        extras=extras(spec) if context.rented is not None else (),
        notes=(*_of_distributions(hosts, context.ansible), *unproved_across(cluster, spec)),
        cluster=cluster,
    )
    plan = replace(plan, price_usd_per_hour=price_per_hour(plan), most_usd=max_cost(plan))
    if STACK_ROLES.isdisjoint(spec.wanted_roles):
        return without_leases(_without_limits(plan, spec, context), context.earlier)
    hardware = {host.name: context.hardware.get(host.name) or _made_here(host, context) for host in hosts}
    builder = choose_builder(spec, context.earlier, role_vars, tuple(hardware.values()))
    stacks = _stacks(spec, hardware, builder.builder, context.typed)
    by_type = _stacks(spec, context.rented.hardware, builder.builder, context.typed) if context.rented else {}
    applied = stacks if plan.rehearsed else stacks | by_type
    roles, notes = choose_roles(
        spec.wanted_roles,
        tuple(applied.values()),
        builder,
        spec.vars,
        no_driver=_no_driver(spec, plan),
    )
    said = (*plan.notes, *(context.rented.notes if context.rented else ()), *notes)
    if plan.rehearsed:
        said = (*said, *rehearsal_notes(by_type))
    plan = replace(
        plan,
        roles=roles,
        workloads=spec.validation.requests(
            spec.stack.framework, has_card=any(stack.hardware.gpus for stack in applied.values())
        ),
        stacks=stacks,
        rented_stacks={} if plan.rehearsed else by_type,
        builder=builder,
        notes=said,
    )
    return without_leases(_without_limits(plan, spec, context), context.earlier)


def _no_driver(spec: FleetSpec, plan: Plan) -> str:
    if has_driver(spec):
        return IN_IMAGE
    return IN_CONTAINERS if spec.cloud == "sandbox" or plan.rehearsed else NO_CARD


def _of_distributions(hosts: tuple[HostRequest, ...], ansible: AnsibleCore) -> tuple[str, ...]:
    asked = {host.distribution for host in hosts}
    labels = load().untried(asked)
    untried = (
        f"nothing was tried on a real {' or '.join(labels)} yet: the roles ran on {UNTRIED}" if labels else ""
    )
    pythons = ((row.label, row.python) for row in load().distributions if row.distribution in asked)
    return tuple(filter(None, (untried, ansible.unknown_python(pythons))))


def _without_limits(plan: Plan, spec: FleetSpec, context: PlanContext) -> Plan:
    """Role `lifetime` is for hosts that somebody pays for by the hour, or whose variables are set by hand."""
    if context.rented or any(name.startswith("lifetime_") for name in spec.vars):
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


def _regions(spec: FleetSpec, context: PlanContext) -> tuple[str, ...]:
    """Where hosts may be now or were allowed to be earlier: `down` looks in all of them."""
    if context.rented is None:
        return ()
    earlier = context.earlier.regions if context.earlier else ()
    return tuple(dict.fromkeys((*spec.aws.regions, *earlier)))


def _made_here(host: HostRequest, context: PlanContext) -> Hardware:
    return Hardware(gpus=(), distribution=host.distribution, architecture=context.architecture)


def _stacks(
    spec: FleetSpec, hardware: dict[str, Hardware], builder: Builder, typed: Typed
) -> dict[str, Stack]:
    """By host. Hosts that are alike are decided for once."""
    catalog, answers, stacks = load(), dict[Hardware, Stack](), dict[str, Stack]()
    for host, seen in hardware.items():
        if seen not in answers:
            answer = resolve(seen, wishes_for(spec, seen), builder, catalog)
            if isinstance(answer, Refusal):
                raise refusal_error(answer, typed, whose=host)
            answers[seen] = as_in_image(spec, answer)
        stacks[host] = answers[seen]
    return stacks

"""What rented hosts consist of and the most that they can cost. Asks nobody: the catalog knows the types."""

from dataclasses import dataclass, replace
from itertools import islice

from orchestrator.answer import Typed, refusal_error, stack_rows, subject
from orchestrator.catalog import Catalog, load
from orchestrator.config import FleetSpec
from orchestrator.errors import UsageError
from orchestrator.models import Builder, Extra, Hardware, Host, Offer, Plan, Refusal, Stack
from orchestrator.providers.aws.billing import address, disk
from orchestrator.providers.aws.market.cheapest import cheapest
from orchestrator.providers.aws.market.images import never
from orchestrator.providers.sandbox.image.recipe import STAND_INS
from orchestrator.resolve import about, cards_of, hardware_of, resolve
from orchestrator.stages.plan.builder import choose_builder

_CHEAPEST = 6
"""So many types are tried with `cheapest:`; the next are several times the price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RentedHardware:
    """What the catalog says of the types that a fleet may be launched as."""

    hardware: dict[str, Hardware]
    """By `<instance type>/<distribution>`, in the order in which the types are tried."""
    notes: tuple[str, ...]


def rented_hardware(spec: FleetSpec, typed: Typed) -> RentedHardware:
    """The hardware of every type and distribution of the fleet.

    Raises:
        RefusedError: a type is retired, or has no card that can be used.
        UsageError: the catalog knows of no such type.
    """
    catalog, wishes = load(), spec.stack.wishes
    hardware: dict[str, Hardware] = {}
    for instance_type in spec.aws.instance_type:
        kinds = dict.fromkeys(host.distribution for host in spec.host_requests)
        hosts = tuple(cards_of(instance_type, kind, catalog) for kind in kinds)
        builder = choose_builder(spec, None, spec.vars, hosts).builder
        for distribution in kinds:
            seen = hardware_of(instance_type, distribution, wishes, builder, catalog)
            if isinstance(seen, Refusal):
                raise refusal_error(seen, typed, what=instance_type)
            if why := never(spec.aws.image, instance_type):
                raise UsageError(
                    f"{instance_type}: {why}",
                    "another type: `orchestrate plan --cloud aws --instance-type g5.xlarge`",
                )
            hardware[key(instance_type, distribution)] = seen
    known = (fact.statement for each in spec.aws.instance_type for fact in about(each, catalog))
    return RentedHardware(hardware=hardware, notes=tuple(known))


def with_cheapest(spec: FleetSpec) -> FleetSpec:
    """The specification with the types that `cheapest:` stands for: those with the memory that is asked for, on which a stack
    works, the cheapest first.

    Raises:
        UsageError: there is none.
    """
    if spec.cloud != "aws" or not spec.aws.cheapest:
        return spec
    catalog, memory = load(), spec.stack.gpu_memory_mib
    fitting = (
        each
        for each in cheapest(catalog, memory)
        if _works(spec, each, catalog) and not never(spec.aws.image, each)
    )
    types = tuple(islice(fitting, _CHEAPEST))
    if not types:
        raise UsageError(
            f"no EC2 type on offer has {memory} MiB on one card and a stack that works on it",
            "`orchestrate resolve --instance-type p5.48xlarge`; or ask for less with --gpu-memory",
        )
    return spec.model_copy(update={"aws": spec.aws.model_copy(update={"instance_type": types})})


def _works(spec: FleetSpec, instance_type: str, catalog: Catalog) -> bool:
    wishes = spec.stack.wishes
    return all(
        isinstance(resolve(cards_of(instance_type, kind, catalog), wishes, Builder.CONDA, catalog), Stack)
        for kind in dict.fromkeys(host.distribution for host in spec.host_requests)
    )


def key(instance_type: str, distribution: str) -> str:
    """What a stack of a rented host is looked up by."""
    return f"{instance_type}/{distribution}"


def catalog_offers(spec: FleetSpec) -> tuple[Offer, ...]:
    """What the catalog says of prices, for a plan that nobody at AWS was asked for."""
    catalog = load()
    rows = [catalog.ec2_type(instance_type) for instance_type in spec.aws.instance_type]
    return tuple(
        Offer(
            provider="aws",
            description=f"{row.instance_type}, Linux on demand, us-east-1's list price of {row.price_date}",
            available=bool(row.usd_per_hour),
            reason=""
            if row.usd_per_hour
            else "what it costs is not known: it is not sold on demand in us-east-1",
            price_usd_per_hour=row.usd_per_hour,
            kind=distribution,
        )
        for distribution in dict.fromkeys(host.distribution for host in spec.host_requests)
        for row in rows
    )


def price_per_hour(plan: Plan) -> float:
    """Of all hosts, each as the first offer for its kind that can be had; US dollars."""
    return sum(next(iter(_prices(plan, host.distribution)), 0.0) for host in plan.hosts)


def max_cost(plan: Plan) -> float:
    """What all hosts cost with disks and addresses when each runs as the offer that comes dearest until a limit ends it; 0.0 without
    a limit."""
    beside = sum(each.usd_per_hour for each in plan.extras)

    def of_one(price: float) -> float:
        return (price + beside) * plan.limits.hours_at(price)

    return sum(max(map(of_one, _prices(plan, host.distribution)), default=0.0) for host in plan.hosts)


def extras(spec: FleetSpec) -> tuple[Extra, ...]:
    """What each host costs beside its own price, in the region where that is dearest."""
    disks = (disk(region, spec.aws.disk_gib) for region in spec.aws.regions)
    dearest = max(disks, key=lambda each: each.usd_per_hour)
    return (dearest,) if spec.aws.private else (dearest, address(elastic=spec.aws.elastic_ip))


def rehearsal_notes(stacks: dict[str, Stack]) -> tuple[str, ...]:
    """Notes: what is not played."""
    catalog = load()
    kinds = dict.fromkeys(stack.hardware.distribution for stack in stacks.values())
    stand_ins = {
        catalog.distribution(kind).label: catalog.distribution(STAND_INS[kind]).label
        for kind in kinds
        if kind in STAND_INS
    }
    told = {
        subject(stack.hardware): ", ".join(f"{name} {value}" for name, value in stack_rows(stack)[:4])
        for stack in stacks.values()
    }
    return (
        "rehearsal: hosts are containers on this computer, without a card; nothing is rented and nothing is paid",
        *(
            f"rehearsal: a host of {ubuntu} is a {debian} that says it is {ubuntu}: its packages are Debian's"
            for ubuntu, debian in stand_ins.items()
        ),
        *(f"for real it would be {rows} ({what})" for what, rows in told.items()),
    )


def with_launched_types(plan: Plan, hosts: tuple[Host, ...]) -> Plan:
    """The plan with the stack of what each host was launched as."""
    stacks = {
        host.name: plan.rented_stacks.get(
            key(host.instance_type, host.distribution), plan.stacks.get(host.name)
        )
        for host in hosts
    }
    known = {name: stack for name, stack in stacks.items() if stack is not None}
    return replace(plan, stacks=known) if plan.rented_stacks else plan


def same_intent(one: Plan, other: Plan) -> bool:
    """Whether two plans mean the same: prices and what is left of an offer change while nothing else does."""

    def intent(plan: Plan) -> Plan:
        stacks = {} if plan.rented_stacks else plan.stacks
        return replace(
            plan,
            offers=(),
            price_usd_per_hour=0.0,
            most_usd=0.0,
            extras=(),
            makes=(),
            notes=(),
            stacks=stacks,
            valid_days=0,
        )

    return intent(one) == intent(other)


def _prices(plan: Plan, kind: str) -> tuple[float, ...]:
    return tuple(
        offer.price_usd_per_hour for offer in plan.offers if offer.available and offer.kind in {"", kind}
    )

"""Plan for EC2 from the catalog alone: nothing is asked of AWS, and nothing can be launched there yet."""

from dataclasses import replace

from orchestrator.answer import Typed, refused
from orchestrator.catalog import load
from orchestrator.catalog.rows import Ec2Type
from orchestrator.config import FleetSpec
from orchestrator.errors import UsageError
from orchestrator.models import Offer, Plan, Refusal
from orchestrator.resolve import about, hardware_of
from orchestrator.stages.plan.builder import choose_builder
from orchestrator.stages.plan.ground import Ground, planned

REGION = "us-east-1"
"""Where the catalog's prices are from."""


def plan_on_aws(spec: FleetSpec, typed: Typed) -> Plan:
    """What a fleet on EC2 would consist of and cost.

    Raises:
        RefusedError: the type is retired, or no stack works for its cards and the wishes.
        UsageError: there is no such type, or its price is not known.
    """
    catalog, hosts = load(), spec.host_requests
    rented = catalog.ec2_type(spec.aws.instance_type[0])
    builder = choose_builder(spec, None, spec.vars, rented.host).builder
    seen = hardware_of(rented.instance_type, spec.distribution, spec.stack.wishes, builder, catalog)
    if isinstance(seen, Refusal):
        raise refused(seen, typed, what=rented.instance_type)
    ground = Ground(
        token=f"{spec.name}-planned",
        typed=typed,
        architecture=rented.host,
        surroundings_vars={},
        earlier=None,
        hardware={host.name: replace(seen, distribution=host.distribution) for host in hosts},
    )
    plan = planned(spec, hosts, (_offer(rented),), ground)
    known = tuple(fact.statement for fact in about(rented.instance_type, catalog))
    return replace(
        plan,
        price_usd_per_hour=rented.usd_per_hour * len(hosts),
        notes=(*known, *plan.notes, "launching on AWS is not there yet: this is a plan and nothing more"),
    )


def _offer(rented: Ec2Type) -> Offer:
    if not rented.usd_per_hour:
        raise UsageError(
            f"what {rented.instance_type} costs is not known: it is not sold on demand in {REGION}",
            "a type that is, such as g4dn.xlarge",
        )
    return Offer(
        provider="aws",
        description=f"{rented.instance_type} in {REGION}, Linux on demand, list price of {rented.price_date}",
        available=True,
        reason="",
        price_usd_per_hour=rented.usd_per_hour,
    )

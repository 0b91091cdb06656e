"""Compare the hosts that are requested with the instances that exist: running, stopped, broken or missing. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.errors import CapacityError, HostDiedError, InputRefusedError, ProviderError
from orchestrator.models import AtEnd, HostRequest, HostState, LaunchRequest, Market
from orchestrator.providers.aws.errors.families import meaning_of_state_reason
from orchestrator.providers.aws.fleet_instances import FleetInstance, own_instances
from orchestrator.providers.aws.launch.batches import Batch
from orchestrator.providers.aws.launch.request import offers_for
from orchestrator.providers.aws.placement import placement_of

SETTLED_AFTER = timedelta(minutes=5)
"""By then EC2 shows what it has launched."""

MORE = (
    "add another zone under `zones:`, another type under `instance_type:`, or another region under `regions:`"
)
"""What may have room where an offer had none."""

_ENDED_ON_PURPOSE = frozenset({"Client.UserInitiatedShutdown", "Client.InstanceInitiatedShutdown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What a launch finds."""

    kept: tuple[FleetInstance, ...]
    stopped: tuple[FleetInstance, ...]
    broken: tuple[FleetInstance, ...]
    missing: tuple[HostRequest, ...]
    """Those of `broken` included."""


def refuse_impossible(request: LaunchRequest, wanted: tuple[Batch, ...]) -> None:
    """Before anything is made.

    Raises:
        CapacityError: there is no offer for some hosts.
        InputRefusedError: the limits ask of a spot host what it cannot do.
    """
    for batch in wanted:
        agreed = offers_for(request, batch.distribution)
        if not agreed:
            reasons = dict.fromkeys(
                f"{each.description}: {each.reason}" for each in request.offers if not each.available
            )
            raise CapacityError(f"not to be had for {batch.label}: {'; '.join(reasons) or 'no offer'}", MORE)
        spot = any(
            place is not None and place.market is Market.SPOT
            for place in (placement_of(each.key) for each in agreed)
        )
        if spot and request.limits.at_end is AtEnd.STOP:
            raise InputRefusedError(
                "a spot host cannot be stopped at its end, and started again",
                "at_end: terminate under `limits:`, or market: on-demand under `aws:`",
            )


def compare(request: LaunchRequest, instances: tuple[FleetInstance, ...]) -> Reconciliation:
    """Sort the wanted hosts.

    Raises:
        ProviderError: a host is there with another distribution.
    """
    mine = own_instances(instances, request.owner)
    kept: list[FleetInstance] = []
    stopped: list[FleetInstance] = []
    broken: list[FleetInstance] = []
    missing: list[HostRequest] = []
    for wanted in request.hosts:
        seen = mine.get(wanted.name)
        if seen is None:
            missing.append(wanted)
            continue
        if seen.host.distribution != wanted.distribution:
            raise ProviderError(
                f"{wanted.name} exists with {seen.host.distribution}, and {wanted.distribution} is asked for",
                f"distribution: {seen.host.distribution} keeps it; otherwise `orchestrate down`, then `orchestrate up`",
            )
        if seen.host.state is HostState.BROKEN:
            broken.append(seen)
            missing.append(wanted)
        else:
            (stopped if seen.host.state is HostState.STOPPED else kept).append(seen)
    return Reconciliation(
        kept=tuple(kept), stopped=tuple(stopped), broken=tuple(broken), missing=tuple(missing)
    )


def with_launched(
    instances: Iterable[FleetInstance], launched: Iterable[FleetInstance]
) -> tuple[FleetInstance, ...]:
    """What is to be seen, and what was launched and is not shown yet."""
    instances = tuple(instances)
    shown = {seen.host.provider_id for seen in instances}
    return (*instances, *(each for each in launched if each.host.provider_id not in shown))


def spent_tokens(instances: Iterable[FleetInstance]) -> frozenset[str]:
    """Client tokens of launches whose hosts, as far as they are to be seen, are all dead."""
    instances = tuple(instances)
    return (
        frozenset(seen.launch for seen in instances)
        - {seen.launch for seen in instances if seen.alive}
        - {""}
    )


def missing_instances(instances: Iterable[FleetInstance], now: datetime) -> int:
    """How many hosts of a recent launch are not to be seen yet: EC2 shows one of a batch before the other."""
    launches: dict[str, list[FleetInstance]] = {}
    for seen in instances:
        launches.setdefault(seen.launch, []).append(seen)
    return sum(
        max(0, group[0].batch - len(group))
        for token, group in launches.items()
        if token and any(_is_recent(seen, now) for seen in group)
    )


def refusal_of(seen: FleetInstance) -> ProviderError | None:
    """Why a dead host would die again wherever it were launched; None when another offer may do.

    What failed on EC2's side (`Server.…`) may work elsewhere; what failed on ours (`Client.…`) will not.
    """
    if not seen.reason.startswith("Client.") or seen.reason in _ENDED_ON_PURPOSE:
        return None
    cause = f"{seen.host.name} ended as it was launched: {termination_reason(seen)}"
    meaning = meaning_of_state_reason(seen.reason)
    if meaning is None:
        return HostDiedError(cause, "change what EC2 names, under `aws:`, then `orchestrate up`")
    return meaning.error(f"{cause}; {meaning.said}", meaning.hint)


def termination_reason(seen: FleetInstance) -> str:
    """Why an instance is in the state it is in, as EC2 says it."""
    said = seen.said.removeprefix(f"{seen.reason}: ") if seen.reason else seen.said
    told = f"{said} ({seen.reason})" if seen.reason and said else said or seen.reason
    return f"EC2 says {seen.state}: {told}" if told else f"EC2 says {seen.state}"


def _is_recent(seen: FleetInstance, now: datetime) -> bool:
    return seen.host.started_at is not None and now - seen.host.started_at < SETTLED_AFTER

"""Launch batches from the first offer that has room, in the order that was agreed to, and say each step aloud.

Never takes what was not agreed to: no other market, type, zone or region. One place is tried at a time, so that the last
line on record says where a killed run was.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from orchestrator.errors import CapacityError, HostDiedError, InputRefusedError, ProviderError, QuotaError
from orchestrator.models import LaunchRequest, Offer
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.encryption import with_key
from orchestrator.providers.aws.error_translation import code_of, cure_of, next_offer_may_do
from orchestrator.providers.aws.errors import Cure, NotOfferedError
from orchestrator.providers.aws.errors.reservations import RESERVATIONS
from orchestrator.providers.aws.fleet_instances import FleetInstance
from orchestrator.providers.aws.launch.batches import Batch
from orchestrator.providers.aws.launch.reconcile import MORE
from orchestrator.providers.aws.launch.request import LaunchNetwork, LaunchOrder, offers_for
from orchestrator.providers.aws.launch.run_instances import Timeouts, run_instances
from orchestrator.providers.aws.market.instance_types import vcpus_of
from orchestrator.providers.aws.market.quota import quota_of
from orchestrator.providers.aws.market.region_cache import RegionCache
from orchestrator.providers.aws.network.prerequisites import LaunchPrerequisites, ensure_prerequisites
from orchestrator.providers.aws.placement import Placement, placement_of
from orchestrator.providers.base import Intend, Say
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import for_each

_ON_VCPUS = frozenset({"VcpuLimitExceeded", "InstanceLimitExceeded", "MaxSpotInstanceCountExceeded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchContext:
    """What every launch of a provider needs."""

    aws: Aws
    settings: AwsSettings
    cache: RegionCache
    say: Say
    timeouts: Timeouts


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchTask:
    """One call of `launch`."""

    request: LaunchRequest
    spent: frozenset[str]
    """Client tokens whose hosts are all dead."""
    intend: Intend


class Failover:
    """Remembers, for the life of the provider's object, which offers had no room or lost a host."""

    def __init__(self, context: LaunchContext) -> None:
        self._context = context
        self._dead: dict[str, str] = {}
        self._refused: list[ProviderError] = []
        self._lost_a_host = False
        self._prerequisites: dict[str, LaunchPrerequisites] = {}
        self._recording = Lock()

    def exclude_offer(self, key: str, why: str) -> None:
        """Do not try that offer again: a host that came from it died."""
        self._lost_a_host = True
        self._dead[key] = why

    def launch(self, task: LaunchTask, wanted: tuple[Batch, ...]) -> tuple[FleetInstance, ...]:
        """Launch every batch; return their hosts.

        Raises:
            CapacityError: no offer has room.
            HostDiedError: hosts died, and no other offer has room.
            ProviderError: EC2 refused for a reason that no other offer cures. What was launched until then stays.
        """
        launched: list[FleetInstance] = []
        remaining = wanted
        while remaining:
            firsts = {batch: self._first(task.request, batch) for batch in remaining}
            key = firsts[remaining[0]].key
            together = tuple(batch for batch in remaining if firsts[batch].key == key)
            answers = self._tried(task, key, {batch: firsts[batch] for batch in together})
            refused = {
                batch
                for batch, answer in zip(together, answers, strict=True)
                if isinstance(answer, ProviderError)
            }
            for batch, answer in zip(together, answers, strict=True):
                if isinstance(answer, ProviderError):
                    self._pass_over(task.request, batch, key, answer)
                else:
                    launched.extend(answer)
            remaining = tuple(batch for batch in remaining if batch not in together or batch in refused)
        return tuple(launched)

    def _first(self, request: LaunchRequest, batch: Batch) -> Offer:
        """The offer to try next: what a killed run was at, else the first that was not tried in vain."""
        agreed = [each for each in offers_for(request, batch.distribution) if each.key not in self._dead]
        if not agreed:
            raise self._exhausted(request, batch)
        return min(agreed, key=lambda each: each.key != request.tried_last)

    def _tried(
        self, task: LaunchTask, key: str, offers: dict[Batch, Offer]
    ) -> "tuple[tuple[FleetInstance, ...] | ProviderError, ...]":
        placement = _placement(key)
        try:
            prerequisites = self._prerequisites_in(task, placement.region)
        except ProviderError as error:
            if next_offer_may_do(error):
                return (error,) * len(offers)
            raise

        def one(batch: Batch) -> tuple[FleetInstance, ...] | ProviderError:
            try:
                order = self._order(task.request, batch, offers[batch], prerequisites)
                self._record(task.intend, batch, key)
                return run_instances(self._context.aws, order, task.spent, self._context.timeouts)
            except ProviderError as error:
                if not next_offer_may_do(error):
                    raise
                error = with_key(self._context.aws, self._context.settings.kms_key, placement.region, error)
                return _named(error, placement, len(batch.names))

        return for_each(tuple(offers), one)

    def _order(
        self, request: LaunchRequest, batch: Batch, offer: Offer, prerequisites: LaunchPrerequisites
    ) -> LaunchOrder:
        placement = _placement(offer.key)
        if prerequisites.subnets and placement.zone not in prerequisites.subnets:
            raise NotOfferedError(
                f"there is no subnet in {placement.zone}", "name one of that zone under `subnets:`"
            )
        return LaunchOrder(
            request=request,
            batch=batch,
            placement=placement,
            usd_per_hour=offer.price_usd_per_hour,
            image=self._context.cache.image(placement.region, batch.distribution),
            network=LaunchNetwork(
                group_id=prerequisites.group_id,
                key_name=prerequisites.key_name,
                subnet_id=prerequisites.subnets.get(placement.zone, ""),
            ),
            settings=self._context.settings,
            at=datetime.now(UTC),
            until=offer.until,
        )

    def _prerequisites_in(self, task: LaunchTask, region: str) -> LaunchPrerequisites:
        if region not in self._prerequisites:
            context = self._context
            self._prerequisites[region] = ensure_prerequisites(
                context.aws, context.settings, region, task.request, task.intend
            )
        return self._prerequisites[region]

    def _record(self, intend: Intend, batch: Batch, key: str) -> None:
        """Which hosts, and where: batches are launched in parallel, and whoever keeps the record need not know."""
        with self._recording:
            intend("host", batch.label)
            intend("instance", key)

    def _pass_over(self, request: LaunchRequest, batch: Batch, key: str, refused: ProviderError) -> None:
        """What is refused for the same reason is not tried either."""
        why = f"no capacity ({code_of(refused)})" if isinstance(refused, CapacityError) else refused.cause
        offers = offers_for(request, batch.distribution)
        for each in offers:
            if _alike(cure_of(refused), _placement(key), _placement(each.key)):
                self._dead.setdefault(each.key, why)
        self._refused.append(refused)
        rest = [each for each in offers if each.key not in self._dead]
        then = f"trying {_placement(rest[0].key)}" if rest else "nothing is left to try"
        self._context.say(f"{batch.label}: {_placement(key)}: {_why(refused)}; {then}")

    def _exhausted(self, request: LaunchRequest, batch: Batch) -> ProviderError:
        tried = [each.key for each in offers_for(request, batch.distribution)]
        told = "; ".join(f"{_placement(key)}: {self._dead[key]}" for key in tried)
        if self._lost_a_host:
            return HostDiedError(f"nothing is left to try for {batch.label}: {told}", MORE)
        others = [each for each in self._refused if not isinstance(each, CapacityError)]
        if others and len({each.cause for each in self._refused}) == 1:
            return others[0]
        hints = dict.fromkeys(
            MORE if isinstance(e, CapacityError) and code_of(e) not in RESERVATIONS else e.hint
            for e in self._refused
        )
        kinds = {type(each) for each in self._refused}
        kind = kinds.pop() if len(kinds) == 1 else CapacityError
        return kind(f"no room for {batch.label}: {told}", "; or ".join(hints) or MORE)


def _placement(key: str) -> Placement:
    found = placement_of(key)
    if found is None or not found.zone:
        raise InputRefusedError(f"{key!r} is no offer of EC2's", "orchestrate plan --cloud aws")
    return found


def _why(refused: ProviderError) -> str:
    return "no capacity" if isinstance(refused, CapacityError) else refused.cause


def _alike(cure: Cure, one: Placement, other: Placement) -> bool:
    """Whether an offer is refused as another one was, by what would cure that."""
    if cure in {Cure.REGION, Cure.ZONE}:
        return one.region == other.region and (cure is Cure.REGION or one.zone == other.zone)
    if cure is Cure.QUOTA and one.region == other.region and one.market == other.market:
        quota = quota_of(one.instance_type, one.market)
        return one.instance_type == other.instance_type or (
            quota is not None and quota == quota_of(other.instance_type, other.market)
        )
    return one == other


def _named(error: ProviderError, placement: Placement, hosts: int) -> ProviderError:
    """The same with the quota's name, where EC2's code leaves it open."""
    quota = quota_of(placement.instance_type, placement.market)
    if quota is None or code_of(error) not in _ON_VCPUS:
        return error
    more = vcpus_of(placement.instance_type) * hosts
    named = QuotaError(
        f'{error.cause}; it is "{quota.name}" in {placement.region}, and {more or "some"} vCPUs more are needed',
        f"ask for more: aws service-quotas request-service-quota-increase --service-code ec2 --quota-code {quota.code}"
        f" --region {placement.region} --desired-value <vCPUs in all>",
    )
    named.__cause__ = error
    return named

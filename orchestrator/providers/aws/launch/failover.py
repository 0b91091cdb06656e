"""Launch batches from the first offer that has room, in the order that was agreed to, and say each step aloud.

Never takes what was not agreed to: no other market, type, zone or region. One place is tried at a time, so that the last
line on record says where a killed run was.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from orchestrator.errors import CapacityError, HostDiedError, InputRefusedError, ProviderError
from orchestrator.models import LaunchRequest, Offer
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.cluster import APART, group_name, in_group, zone_of
from orchestrator.providers.aws.encryption import with_key
from orchestrator.providers.aws.error_translation import code_of, cure_of, next_offer_may_do
from orchestrator.providers.aws.errors import Cure, GroupCapacityError, NotOfferedError
from orchestrator.providers.aws.errors.reservations import RESERVATIONS
from orchestrator.providers.aws.fleet_instances import FleetInstance
from orchestrator.providers.aws.launch.batches import Batch
from orchestrator.providers.aws.launch.reconcile import MORE
from orchestrator.providers.aws.launch.request import LaunchNetwork, LaunchOrder, offers_for
from orchestrator.providers.aws.launch.run_instances import Timeouts, run_instances
from orchestrator.providers.aws.market.quota import quota_of, with_quota
from orchestrator.providers.aws.market.region_cache import RegionCache
from orchestrator.providers.aws.network.context import shared_name
from orchestrator.providers.aws.network.prerequisites import LaunchPrerequisites, ensure_prerequisites
from orchestrator.providers.aws.placement import Placement, placement_of
from orchestrator.providers.base import Intend, Say
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import for_each

_ANOTHER_ZONE = (
    "fewer `hosts:`; or `orchestrate down`, then `orchestrate up`, which may take another zone for all"
)


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
    zone: str = ""
    """Where all hosts have to be, because others of the cluster are; empty for anywhere."""


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
            zone = task.zone or zone_of(self._context.settings, launched)
            firsts = {batch: self._first(task.request, batch, zone) for batch in remaining}
            key = firsts[remaining[0]].key
            together = tuple(batch for batch in remaining if firsts[batch].key == key)
            if self._context.settings.cluster:
                together = remaining[:1]  # where it finds room, all the others have to be
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

    def _first(self, request: LaunchRequest, batch: Batch, zone: str) -> Offer:
        """The offer to try next: what a killed run was at, else the first that was not tried in vain. In the zone, if there is one."""
        agreed = [
            each
            for each in offers_for(request, batch.distribution)
            if each.key not in self._dead and zone in {"", _placement(each.key).zone}
        ]
        if not agreed:
            raise self._exhausted(request, batch, zone)
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
                group = self._group(task.request, placement)
                named = with_quota(error, placement, len(batch.names))
                return in_group(group, placement, len(batch.names), named)

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
                placement_group=self._group(request, placement),
            ),
            settings=self._context.settings,
            at=datetime.now(UTC),
            until=offer.until,
        )

    def _group(self, request: LaunchRequest, placement: Placement) -> str:
        own = shared_name(request.owner, request.fleet)
        return group_name(self._context.settings, placement.instance_type, own)

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
        together = " in one placement group" if isinstance(refused, GroupCapacityError) else ""
        no_room = f"no capacity{together} ({code_of(refused)})"
        why = no_room if isinstance(refused, CapacityError) else refused.cause
        offers = offers_for(request, batch.distribution)
        for each in offers:
            if _alike(cure_of(refused), _placement(key), _placement(each.key)):
                self._dead.setdefault(each.key, why)
        self._refused.append(refused)
        rest = [each for each in offers if each.key not in self._dead]
        then = f"trying {_placement(rest[0].key)}" if rest else "nothing is left to try"
        self._context.say(f"{batch.label}: {_placement(key)}: {_why(refused)}; {then}")

    def _exhausted(self, request: LaunchRequest, batch: Batch, zone: str) -> ProviderError:
        tried = [each.key for each in offers_for(request, batch.distribution)]
        elsewhere = f"the cluster's other hosts are in {zone}"
        told = "; ".join(f"{_placement(key)}: {self._dead.get(key, elsewhere)}" for key in tried)
        if self._lost_a_host:
            return HostDiedError(f"nothing is left to try for {batch.label}: {told}", MORE)
        others = [each for each in self._refused if not isinstance(each, CapacityError)]
        if others and len({each.cause for each in self._refused}) == 1:
            return others[0]
        hints = dict.fromkeys(e.hint if _has_own_hint(e) else MORE for e in self._refused)
        if zone:
            apart = any(isinstance(each, GroupCapacityError) for each in self._refused)
            hints = dict.fromkeys((_ANOTHER_ZONE, *((APART,) if apart else ())))
        kinds = {type(each) for each in self._refused}
        kind = kinds.pop() if len(kinds) == 1 else CapacityError
        return kind(f"no room for {batch.label}: {told}", "; or ".join(hints) or MORE)


def _placement(key: str) -> Placement:
    found = placement_of(key)
    if found is None or not found.zone:
        raise InputRefusedError(f"{key!r} is no offer of EC2's", "orchestrate plan --cloud aws")
    return found


def _has_own_hint(refused: ProviderError) -> bool:
    """Whether what it says to do is more than that something else may have room."""
    ordinary = isinstance(refused, CapacityError) and not isinstance(refused, GroupCapacityError)
    return not ordinary or code_of(refused) in RESERVATIONS


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

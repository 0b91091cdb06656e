"""The AWS provider: keeps the contract of `providers.base` with instances of EC2.

Tags are the only record. What carries another owner's mark, or none, is never touched. Has no place on disk but the price
list's.
"""

import time
from dataclasses import replace
from datetime import UTC, datetime

from orchestrator.errors import ProviderError
from orchestrator.models import (
    ForeignFleet,
    Host,
    InstanceStatus,
    LaunchRequest,
    Offer,
    ReceiptLine,
    Resource,
)
from orchestrator.providers.aws import owners, release
from orchestrator.providers.aws.billing import instance_statuses
from orchestrator.providers.aws.clients import Aws
from orchestrator.providers.aws.cluster import with_group, zone_of
from orchestrator.providers.aws.efa import with_efa
from orchestrator.providers.aws.encryption import with_key
from orchestrator.providers.aws.fleet_instances import (
    FleetInstance,
    InstanceQuery,
    InstanceSnapshot,
    own_instances,
    search_instances,
)
from orchestrator.providers.aws.launch import existing, reconcile
from orchestrator.providers.aws.launch.batches import batches
from orchestrator.providers.aws.launch.failover import Failover, LaunchContext, LaunchTask
from orchestrator.providers.aws.launch.request import planned_resources
from orchestrator.providers.aws.launch.run_instances import Timeouts
from orchestrator.providers.aws.market.offers import offers
from orchestrator.providers.aws.market.region_cache import RegionCache
from orchestrator.providers.aws.regions import refuse_lost, refuse_to_launch
from orchestrator.providers.base import FirstKey, Intend, ReleaseAction, Say
from orchestrator.providers.settings import AwsSettings
from orchestrator.waiting import DeadlineError, NotYet, wait_for

_FRESH_S = 5.0
"""How long a look at the hosts holds."""


class AwsProvider:
    """Instances of EC2.

    Args:
        settings: what the fleet file says.
        say: takes lines of progress.
        owner: whose fleets these are: `journal.owner`.
        timeouts: how long EC2 is given before a refusal is final.
    """

    name = "aws"
    first_key = FirstKey.OPEN

    def __init__(self, settings: AwsSettings, say: Say, owner: str, timeouts: Timeouts | None = None) -> None:
        self._settings = settings
        self._say = say
        self._owner = owner
        self._timeouts = timeouts or Timeouts()
        self._aws = Aws(settings.endpoint_url, settings.ask, say)
        self._cache = RegionCache(self._aws, settings, settings.baked)
        self._failover = self._new_failover()
        self._launched: dict[str, FleetInstance] = {}
        self._last: InstanceSnapshot | None = None
        self._may_launch_from: InstanceSnapshot | None = None

    def offers(self, request: LaunchRequest) -> tuple[Offer, ...]:
        """See `Provider.offers`. By distribution, region, type and zone, with the price of each."""
        found = offers(self._aws, self._settings, replace(request, owner=self._owner), self._cache)
        found = with_group(self._settings, with_efa(self._settings, found))
        if len({offer.kind for offer in found}) < 2:
            return found
        return tuple(replace(each, description=f"{each.kind}: {each.description}") for each in found)

    def makes(self, request: LaunchRequest) -> tuple[str, ...]:
        """See `Provider.makes`."""
        request = replace(request, owner=self._owner)
        there = own_instances(self._cache.hosts(request.fleet), self._owner)
        missing = {host.name for host in request.hosts} - there.keys()
        return planned_resources(self._settings, request, missing, new=not there)

    def launch(self, request: LaunchRequest, intend: Intend) -> tuple[Host, ...]:
        """See `Provider.launch`. What `find` saw a moment ago is not asked for again.

        Raises:
            CapacityError: no offer has room.
            QuotaError: the account may not have that much.
            HostDiedError: a host died, and there is nothing else to try.
        """
        request = replace(request, owner=self._owner)
        instances = self._complete(request.fleet)
        left_out = self._last.left_out if self._last is not None else {}
        places = {request.tried_last, *(seen.key for seen in self._launched.values())}
        refuse_to_launch(self._settings, request.fleet, left_out, places)
        self._exclude_failed_offers(instances)
        reconciled = reconcile.compare(request, instances)
        hosts = {seen.host.name: seen for seen in reconciled.kept}
        if reconciled.missing and not request.offers:
            request = replace(request, offers=self.offers(request))
        wanted = batches(reconciled.missing, request.identities)
        reconcile.refuse_impossible(request, wanted)
        for seen in reconciled.broken:
            self._say(f"replacing {seen.host.name} ({seen.host.provider_id}), which cannot be used")
        existing.terminate_broken(self._aws, reconciled.broken)
        started = existing.start_stopped(self._aws, reconciled.stopped, self._timeouts)
        hosts |= {seen.host.name: seen for seen in started}
        zone = zone_of(self._settings, own_instances(instances, self._owner).values())
        task = LaunchTask(request=request, spent=reconcile.spent_tokens(instances), intend=intend, zone=zone)
        for seen in self._failover.launch(task, wanted):
            self._launched[seen.host.name] = hosts[seen.host.name] = seen
        if wanted or reconciled.stopped:
            self._forget()
        found = existing.ensure_access(self._reach(request, intend), hosts)
        return tuple(found[host.name] for host in request.hosts)

    def explain(self, host: Host) -> str:
        """See `Provider.explain`. Of a host that runs, the end of its console."""
        last = self._last if self._last and self._last.fleet == host.fleet else None
        instances = last.seen if last and time.monotonic() - last.at < _FRESH_S else self._search(host.fleet)
        seen = next((each for each in instances if each.host.provider_id == host.provider_id), None)
        if seen is None:
            return ""
        return existing.explain_state(self._aws, seen, private=self._settings.private)

    def find(self, fleet: str) -> tuple[Host, ...]:
        """See `Provider.find`. All regions of the settings are asked at the same time."""
        instances = self._search(fleet)
        self._may_launch_from = self._last
        return tuple(seen.host for seen in own_instances(instances, self._owner).values())

    def instances(self, fleet: str) -> tuple[InstanceStatus, ...]:
        """See `Provider.instances`."""
        return instance_statuses(self._aws, self._settings, fleet, self._owner)

    def release(self, fleet: str, action: ReleaseAction) -> tuple[ReceiptLine, ...]:
        """See `Provider.release`."""
        try:
            return release.ACTIONS[action](self._aws, self._settings, fleet, self._owner)
        finally:
            self._forget()
            if action is ReleaseAction.TERMINATE:
                self._launched.clear()
                self._failover = self._new_failover()

    def resources(self, fleet: str) -> tuple[Resource, ...]:
        """See `Provider.resources`."""
        return release.resources(self._aws, self._settings, fleet, self._owner)

    def foreign(self, fleet: str) -> tuple[ForeignFleet, ...]:
        """See `Provider.foreign`."""
        return owners.foreign(self._aws, self._settings, fleet, self._owner)

    def adopt(self, fleet: str, owner: str, intend: Intend) -> tuple[Resource, ...]:
        """See `Provider.adopt`."""
        change = owners.Change(fleet=fleet, owner=owner, to=self._owner)
        self._forget()
        return owners.adopt(self._aws, self._settings, change, intend)

    def admit(self, fleet: str, _authorized_key: str) -> None:
        """See `Provider.admit`. EC2 puts a key into a host at its launch alone. Always refused. Raises: ProviderError."""
        raise ProviderError(
            f"EC2 lets no new key into the hosts of fleet {fleet}", f"orchestrate down --name {fleet}"
        )

    def fleets(self) -> tuple[tuple[str, str], ...]:
        """See `Provider.fleets`."""
        return release.fleets(self._aws, self._settings)

    def skipped_regions(self) -> dict[str, str]:
        """See `Provider.skipped_regions`."""
        return {region: error.cause for region, error in sorted(self._aws.left_out.items())}

    def _reach(self, request: LaunchRequest, intend: Intend) -> existing.AccessContext:
        return existing.AccessContext(
            aws=self._aws,
            settings=self._settings,
            request=request,
            intend=intend,
            addresses=lambda: {host.name: host.address for host in self.find(request.fleet)},
            timeouts=self._timeouts,
        )

    def _new_failover(self) -> Failover:
        return Failover(
            LaunchContext(
                aws=self._aws,
                settings=self._settings,
                cache=self._cache,
                say=self._say,
                timeouts=self._timeouts,
            )
        )

    def _search(self, fleet: str) -> tuple[FleetInstance, ...]:
        wanted = InstanceQuery(regions=self._settings.regions, fleet=fleet, owner=self._owner)
        instances, left_out = search_instances(self._aws, wanted, private=self._settings.private)
        refuse_lost(self._aws, self._settings, fleet, left_out)
        self._last = InstanceSnapshot(fleet=fleet, seen=instances, at=time.monotonic(), left_out=left_out)
        return instances

    def _complete(self, fleet: str) -> tuple[FleetInstance, ...]:
        """What there is of the fleet, what was launched and is not shown yet included."""
        earlier, self._may_launch_from = self._may_launch_from, None
        if earlier and earlier.fleet == fleet and time.monotonic() - earlier.at < _FRESH_S:
            instances = reconcile.with_launched(earlier.seen, self._launched.values())
        else:
            instances = reconcile.with_launched(self._search(fleet), self._launched.values())
        if not reconcile.missing_instances(instances, datetime.now(UTC)):
            return instances

        def probe() -> tuple[FleetInstance, ...] | NotYet:
            now = reconcile.with_launched(self._search(fleet), self._launched.values())
            missing = reconcile.missing_instances(now, datetime.now(UTC))
            return NotYet(f"{missing} hosts of a launch are not to be seen") if missing else now

        timeouts = self._timeouts
        try:
            return wait_for(fleet, probe, timeout_s=timeouts.visible_s, interval_s=timeouts.step_s)
        except DeadlineError as error:
            raise ProviderError(
                f"{error.seen} after {timeouts.visible_s:g} s", "`orchestrate up`, in a few minutes"
            ) from error

    def _exclude_failed_offers(self, instances: tuple[FleetInstance, ...]) -> None:
        """Hosts that died after this object had launched them: what they came from is not tried again.

        Raises:
            ProviderError: they died of something that no other offer cures.
        """
        for seen in instances:
            known = self._launched.get(seen.host.name)
            if seen.alive or known is None or known.host.provider_id != seen.host.provider_id:
                continue
            del self._launched[seen.host.name]
            self._failover.exclude_offer(seen.key, reconcile.termination_reason(seen))
            if (refused := reconcile.refusal_of(seen)) is not None:
                raise with_key(self._aws, self._settings.kms_key, seen.region, refused)

    def _forget(self) -> None:
        self._last = self._may_launch_from = None
        for region in self._settings.regions:
            self._cache.forget(region)

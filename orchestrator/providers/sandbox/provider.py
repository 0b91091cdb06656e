"""The sandbox provider: keeps the contract of `providers.base` with containers.

Labels on containers and networks are the only record. Its one place on disk is the cache of root file systems.
"""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Lock

from platformdirs import user_cache_path

from orchestrator.errors import OrchestrateError
from orchestrator.models import (
    ForeignFleet,
    Host,
    HostRequest,
    InstanceStatus,
    LaunchRequest,
    Offer,
    ReceiptLine,
    Resource,
)
from orchestrator.providers.base import FirstKey, Intend, ReleaseAction, Say
from orchestrator.providers.sandbox import container_spec
from orchestrator.providers.sandbox.container_spec import ContainerSpec
from orchestrator.providers.sandbox.engine import Engine, detect
from orchestrator.providers.sandbox.engine_errors import NotThereError
from orchestrator.providers.sandbox.fleet import adoption, release
from orchestrator.providers.sandbox.fleet.adoption import Change
from orchestrator.providers.sandbox.fleet.create import HostCreator
from orchestrator.providers.sandbox.fleet.objects import EngineObjects, host_of
from orchestrator.providers.sandbox.image.maker import ImageMaker
from orchestrator.providers.sandbox.image.recipe import recipe_for
from orchestrator.providers.sandbox.image.rootfs import RootfsCache
from orchestrator.providers.sandbox.support import limits_of, obstacles
from orchestrator.providers.settings import SandboxSettings
from orchestrator.waiting import for_each


class SandboxProvider:
    """Containers of one engine on this computer.

    Args:
        settings: what the fleet file says.
        say: takes lines of progress.
        owner: the mark of our fleets, for several state folders may share the engine; see `journal.owner`.
        cache: the folder for root file systems; by default the user's.
    """

    name = "sandbox"
    first_key = FirstKey.SEALED

    def __init__(self, settings: SandboxSettings, say: Say, owner: str, *, cache: Path | None = None) -> None:
        self._settings = settings
        self._owner = owner
        self._say = say
        self._cache = RootfsCache(cache or user_cache_path("orchestrate") / "images")

    def offers(self, request: LaunchRequest) -> tuple[Offer, ...]:
        """See `Provider.offers`. One per distribution."""
        distributions = dict.fromkeys(host.distribution for host in request.hosts)
        return tuple(self._offer(distribution, request.user) for distribution in distributions)

    def makes(self, request: LaunchRequest) -> tuple[str, ...]:
        """See `Provider.makes`."""
        objects = EngineObjects(self._engine)
        there = {seen.labels[container_spec.HOST] for seen in objects.hosts(request.fleet, self._owner)}
        missing = [host.name for host in request.hosts if host.name not in there]
        network = (
            ()
            if objects.networks(request.fleet, self._owner)
            else (container_spec.network_name(self._owner, request.fleet),)
        )
        wants_volume = request.shared_folder and not objects.volumes(request.fleet, self._owner)
        volume = (container_spec.volume_name(self._owner, request.fleet),) if wants_volume else ()
        return (
            *(f"network {name}" for name in network),
            *(f"volume {name}" for name in volume),
            *(f"container {container_spec.container_name(self._owner, host)}" for host in missing),
        )

    def launch(self, request: LaunchRequest, intend: Intend) -> tuple[Host, ...]:
        """See `Provider.launch`."""
        intend = _one_at_a_time(intend)
        request = replace(request, owner=self._owner)
        recipes = {
            host.distribution: recipe_for(
                host.distribution, user=request.user, base=self._settings.image, owner=self._owner
            )
            for host in request.hosts
        }
        making = HostCreator(
            engine=self._engine,
            objects=EngineObjects(self._engine),
            settings=self._settings,
            request=request,
            say=self._say,
            intend=intend,
        )
        network, volume = making.network(), making.volume()
        addresses = making.addresses(network)
        maker = ImageMaker(
            engine=self._engine, cache=self._cache, fleet=request.fleet, say=self._say, intend=intend
        )
        for recipe in recipes.values():
            maker.ensure(recipe)

        def make(host: HostRequest) -> Host:
            recipe = recipes[host.distribution]
            spec = ContainerSpec(
                request=request,
                host=host,
                image=recipe.name,
                network=network,
                volume=volume,
                address=addresses.get(host.name, ""),
            )
            try:
                return making.host(spec)
            except NotThereError:
                # The last host of another fleet of ours went between our look at the image and its use, and took it along.
                maker.ensure(recipe)
                return making.host(spec)

        return for_each(request.hosts, make)

    def find(self, fleet: str) -> tuple[Host, ...]:
        """See `Provider.find`."""
        return tuple(map(host_of, EngineObjects(self._engine).hosts(fleet, self._owner)))

    def explain(self, host: Host) -> str:
        """See `Provider.explain`."""
        now = self._engine.container(host.provider_id)
        return f"its container is {now.status}" if now else "its container is gone"

    def instances(self, _fleet: str) -> tuple[InstanceStatus, ...]:
        """See `Provider.instances`. Nothing is paid for by the hour."""
        return ()

    def release(self, fleet: str, action: ReleaseAction) -> tuple[ReceiptLine, ...]:
        """See `Provider.release`."""
        objects = EngineObjects(self._engine)
        if action is ReleaseAction.TERMINATE:
            return release.terminate(self._engine, objects.of(fleet, self._owner))
        act = {ReleaseAction.STOP: release.stop, ReleaseAction.START: release.start}[action]
        return act(self._engine, objects.hosts(fleet, self._owner))

    def resources(self, fleet: str) -> tuple[Resource, ...]:
        """See `Provider.resources`."""
        return EngineObjects(self._engine).of(fleet, self._owner).resources

    def foreign(self, fleet: str) -> tuple[ForeignFleet, ...]:
        """See `Provider.foreign`."""
        return adoption.foreign(EngineObjects(self._engine), fleet, self._owner)

    def adopt(self, fleet: str, owner: str, intend: Intend) -> tuple[Resource, ...]:
        """See `Provider.adopt`."""
        return adoption.adopt(self._engine, fleet, Change(owner=owner, to=self._owner), intend)

    def admit(self, fleet: str, authorized_key: str) -> None:
        """See `Provider.admit`. The engine writes into a host, whether it runs or not."""
        adoption.admit(self._engine, EngineObjects(self._engine).hosts(fleet, self._owner), authorized_key)

    def skipped_regions(self) -> dict[str, str]:
        """See `Provider.skipped_regions`. There is one place."""
        return {}

    def fleets(self) -> tuple[tuple[str, str], ...]:
        """See `Provider.fleets`."""
        return EngineObjects(self._engine).fleets

    @cached_property
    def _engine(self) -> Engine:
        return Engine(detect(self._settings.engine))

    def _offer(self, distribution: str, user: str) -> Offer:
        engine = "no engine"
        try:
            facts = self._engine.facts
            engine = f"{facts.program} {facts.version}"
            recipe_for(distribution, user=user)
            reason = "; ".join(each.seen for each in obstacles(facts, limits_of(self._settings)))
        except OrchestrateError as error:
            reason = error.cause
        return Offer(
            provider=self.name,
            description=f"{distribution} container on this computer ({engine})",
            available=not reason,
            reason=reason,
            price_usd_per_hour=0.0,
        )


def _one_at_a_time(intend: Intend) -> Intend:
    """Hosts are made in parallel; whoever keeps the record need not know."""
    lock = Lock()

    def locked(kind: str, name: str) -> None:
        with lock:
            intend(kind, name)

    return locked

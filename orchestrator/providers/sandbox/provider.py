"""The sandbox provider: keeps the contract of `providers.base` with containers.

Labels on containers and networks are the only record. Its one place on disk is the cache of root file systems.
"""

from functools import cached_property
from pathlib import Path
from threading import Lock

from platformdirs import user_cache_path

from orchestrator.errors import OrchestrateError, ProviderError
from orchestrator.models import (
    Host,
    HostRequest,
    HostState,
    InstanceStatus,
    LaunchRequest,
    Offer,
    ReceiptLine,
    Resource,
)
from orchestrator.providers.base import FirstKey, Intend, ReleaseAction, Say
from orchestrator.providers.sandbox import blueprint, release
from orchestrator.providers.sandbox.blueprint import Birth
from orchestrator.providers.sandbox.census import fleets_in, host_of, hosts_of, resources_of, state_of
from orchestrator.providers.sandbox.engine import Container, Engine, detect
from orchestrator.providers.sandbox.image.maker import ImageMaker
from orchestrator.providers.sandbox.image.recipe import recipe_for
from orchestrator.providers.sandbox.image.rootfs import RootfsCache
from orchestrator.providers.sandbox.refusals import NameTakenError, NotThereError
from orchestrator.providers.settings import SandboxSettings
from orchestrator.waiting import DeadlineError, NotYet, for_each, wait_for

_REMOVAL_TIMEOUT_S = 30.0


class SandboxProvider:
    """Containers of one engine on this computer.

    Args:
        settings: what the fleet file says.
        say: takes lines of progress.
        owner: the mark of our fleets where several state folders share the engine; see `journal.owner`.
        cache: the folder for root file systems; by default the user's.
    """

    name = "sandbox"
    first_key = FirstKey.SEALED

    def __init__(
        self, settings: SandboxSettings, say: Say, *, owner: str = "", cache: Path | None = None
    ) -> None:
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
        there = {resource.name for resource in self.resources(request.fleet)}
        wanted = [("network", blueprint.network_name(request.fleet))]
        wanted += [("container", blueprint.container_name(host.name)) for host in request.hosts]
        return tuple(f"{kind} {name}" for kind, name in wanted if name not in there)

    def launch(self, request: LaunchRequest, intend: Intend) -> tuple[Host, ...]:
        """See `Provider.launch`."""
        intend = _one_at_a_time(intend)
        recipes = {
            host.distribution: recipe_for(host.distribution, user=request.user, base=self._settings.image)
            for host in request.hosts
        }
        self._ensure_network(request.fleet, intend)
        maker = ImageMaker(
            engine=self._engine, cache=self._cache, fleet=request.fleet, say=self._say, intend=intend
        )
        for recipe in recipes.values():
            maker.ensure(recipe)

        def make(host: HostRequest) -> Host:
            recipe = recipes[host.distribution]
            try:
                return self._ensure_host(request, host, recipe.name, intend)
            except NotThereError:
                # Another fleet's last host went between our look at the image and its use, and took the image along.
                return self._ensure_host(request, host, maker.ensure(recipe), intend)

        return for_each(request.hosts, make)

    def find(self, fleet: str) -> tuple[Host, ...]:
        """See `Provider.find`."""
        return tuple(map(host_of, hosts_of(self._engine, fleet)))

    def explain(self, host: Host) -> str:
        """See `Provider.explain`."""
        now = self._engine.container(host.provider_id)
        return f"its container is {now.status}" if now else "its container is gone"

    def instances(self, _fleet: str) -> tuple[InstanceStatus, ...]:
        """See `Provider.instances`. Nothing is paid for by the hour."""
        return ()

    def release(self, fleet: str, action: ReleaseAction) -> tuple[ReceiptLine, ...]:
        """See `Provider.release`."""
        act = {
            ReleaseAction.STOP: release.stop,
            ReleaseAction.START: release.start,
            ReleaseAction.TERMINATE: release.terminate,
        }[action]
        return act(self._engine, fleet)

    def resources(self, fleet: str) -> tuple[Resource, ...]:
        """See `Provider.resources`."""
        return resources_of(self._engine, fleet)

    def fleets(self) -> tuple[tuple[str, str], ...]:
        """See `Provider.fleets`."""
        return fleets_in(self._engine, self._owner)

    @cached_property
    def _engine(self) -> Engine:
        return Engine(detect(self._settings.engine))

    def _offer(self, distribution: str, user: str) -> Offer:
        engine = "no engine"
        try:
            facts = self._engine.facts
            engine = f"{facts.program} {facts.version}"
            recipe_for(distribution, user=user)
            reason = blueprint.unsupported(facts)
        except OrchestrateError as error:
            reason = error.cause
        return Offer(
            provider=self.name,
            description=f"{distribution} container on this computer ({engine})",
            available=not reason,
            reason=reason,
            price_usd_per_hour=0.0,
        )

    def _ensure_network(self, fleet: str, intend: Intend) -> None:
        name, label = blueprint.network_name(fleet), f"{blueprint.FLEET}={fleet}"
        if name in self._engine.networks(label):
            return
        if self._engine.exists("network", name):
            raise _taken("network", name)
        intend("network", name)
        try:
            mark = ("--label", f"{blueprint.OWNER}={self._owner}") if self._owner else ()
            self._engine.call("network", "create", "--label", label, *mark, name)
        except NameTakenError:
            # The last call of a process that was killed may come through after we looked.
            if name not in self._engine.networks(label):
                raise

    def _ensure_host(self, request: LaunchRequest, host: HostRequest, image: str, intend: Intend) -> Host:
        try:
            id_ = self._keep_or_make(request, host, image, intend)
        except NameTakenError:
            # The last call of a process that was killed may come through after we looked. Look once more.
            id_ = self._keep_or_make(request, host, image, intend)
        now = self._engine.container(id_)
        if now is None:
            raise ProviderError(
                f"the container of {host.name} vanished after its start", "run the command again"
            )
        return host_of(now)

    def _keep_or_make(self, request: LaunchRequest, host: HostRequest, image: str, intend: Intend) -> str:
        """The id of the host's container, which has been started."""
        seen = self._engine.container(blueprint.container_name(host.name))
        if seen is not None:
            _check_asked_for(seen, request.fleet, host)
        if seen is None or state_of(seen) is HostState.BROKEN:
            if seen is not None:
                self._clear_away(seen)
            return self._make(request, host, image, intend)
        if state_of(seen) is HostState.STOPPED:
            release.wake(self._engine, seen)
        return seen.id

    def _make(self, request: LaunchRequest, host: HostRequest, image: str, intend: Intend) -> str:
        """Create, furnish, start. Killed in between, the container is `created`, and the next launch replaces it."""
        if host.name not in request.identities:
            raise ProviderError(f"no host key was made for {host.name}", "run the command again")
        birth = Birth(request=request, host=host, identity=request.identities[host.name], image=image)
        intend("container", blueprint.container_name(host.name))
        id_ = self._engine.call(*blueprint.create_argv(self._engine.facts, birth, self._settings))
        self._engine.call(*blueprint.copy_argv(self._engine.facts, id_), stdin=blueprint.birth_tar(birth))
        self._engine.call("start", id_)
        return id_

    def _clear_away(self, seen: Container) -> None:
        self._say(f"replacing {seen.name}, which is {seen.status}")
        release.remove(self._engine, "container", seen.id)

        def gone() -> bool | NotYet:
            return not self._engine.exists("container", seen.id) or NotYet("still there")

        try:
            wait_for(f"removal of {seen.name}", gone, timeout_s=_REMOVAL_TIMEOUT_S)
        except DeadlineError as error:
            raise ProviderError(str(error), f"{self._engine.facts.program} rm --force {seen.name}") from error


def _one_at_a_time(intend: Intend) -> Intend:
    """Hosts are made in parallel; whoever keeps the record need not know."""
    lock = Lock()

    def locked(kind: str, name: str) -> None:
        with lock:
            intend(kind, name)

    return locked


def _check_asked_for(seen: Container, fleet: str, host: HostRequest) -> None:
    """Never touch a container that another made, nor pass off one distribution as another."""
    if seen.labels.get(blueprint.FLEET) != fleet or seen.labels.get(blueprint.HOST) != host.name:
        raise _taken("container", seen.name)
    found = seen.labels[blueprint.DISTRIBUTION]
    if found != host.distribution:
        cause = f"{host.name} exists with {found}, and {host.distribution} is asked for"
        raise ProviderError(cause, "orchestrate down, then orchestrate up")


def _taken(kind: str, name: str) -> ProviderError:
    cause = f"the name {name} is taken by a {kind} that does not belong to this fleet"
    return ProviderError(cause, f"remove that {kind}, or give the fleet another name with --name")

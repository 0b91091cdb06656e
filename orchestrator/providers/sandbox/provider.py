"""The sandbox provider: keeps the contract of `providers.base` with containers.

Labels on containers and networks are the only record; this module reads and writes no file of its own.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TypeVar

from platformdirs import user_cache_path

from orchestrator.errors import EngineMissingError, OrchestrateError, ProviderError, UsageError
from orchestrator.models import (
    Connection,
    Host,
    HostRequest,
    HostState,
    LaunchRequest,
    Offer,
    ReceiptLine,
    Resource,
)
from orchestrator.providers.base import Intend, ReleaseAction
from orchestrator.providers.registry import Say
from orchestrator.providers.sandbox import blueprint
from orchestrator.providers.sandbox.blueprint import Birth
from orchestrator.providers.sandbox.engine import Container, Engine, NotThereError, detect
from orchestrator.providers.sandbox.image import IMAGE, ImageMaker
from orchestrator.providers.sandbox.recipe import recipe_for
from orchestrator.providers.sandbox.rootfs import RootfsCache
from orchestrator.providers.settings import SandboxSettings
from orchestrator.waiting import DeadlineError, NotYet, wait_for

_STATES = {
    "running": HostState.RUNNING,
    "restarting": HostState.PENDING,
    "paused": HostState.STOPPED,
    "exited": HostState.STOPPED,
    "stopped": HostState.STOPPED,
    "stopping": HostState.STOPPED,
}
"""The engine's words. The others (`created`, `dead`, `removing` …) mean a host that will not come up as it is."""

_PARALLEL = 8
_STOP_GRACE_S = 20
_REMOVAL_TIMEOUT_S = 30.0

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class SandboxProvider:
    """Containers of one engine on this computer.

    Args:
        settings: what the fleet file says.
        say: takes lines of progress.
        cache: the folder for root file systems; by default the user's.
    """

    name = "sandbox"

    def __init__(self, settings: SandboxSettings, say: Say, cache: Path | None = None) -> None:
        self._settings = settings
        self._say = say
        self._cache = RootfsCache(cache or user_cache_path("orchestrate") / "images")

    def offers(self, request: LaunchRequest) -> tuple[Offer, ...]:
        """See `Provider.offers`."""
        return tuple(
            self._offer(request, one) for one in dict.fromkeys(host.distribution for host in request.hosts)
        )

    def launch(self, request: LaunchRequest, intend: Intend) -> tuple[Host, ...]:
        """See `Provider.launch`."""
        one_at_a_time = Lock()

        def intend_safely(kind: str, name: str) -> None:
            with one_at_a_time:
                intend(kind, name)

        recipes = {
            host.distribution: recipe_for(host.distribution, user=request.user, base=self._settings.image)
            for host in request.hosts
        }
        self._ensure_network(request.fleet, intend_safely)
        maker = ImageMaker(
            engine=self._engine, cache=self._cache, fleet=request.fleet, say=self._say, intend=intend_safely
        )
        images = {distribution: maker.ensure(recipe) for distribution, recipe in recipes.items()}
        made = _in_parallel(
            lambda host: self._ensure_host(request, host, images[host.distribution], intend_safely),
            request.hosts,
        )
        return tuple(made)

    def find(self, fleet: str) -> tuple[Host, ...]:
        """See `Provider.find`."""
        return tuple(_host(seen) for seen in self._containers(fleet) if blueprint.HOST in seen.labels)

    def release(self, fleet: str, action: ReleaseAction) -> tuple[ReceiptLine, ...]:
        """See `Provider.release`."""
        if action is ReleaseAction.TERMINATE:
            return self._terminate(self.resources(fleet))
        hosts = [seen for seen in self._containers(fleet) if blueprint.HOST in seen.labels]
        if action is ReleaseAction.STOP:
            return tuple(
                _in_parallel(self._stop, [seen for seen in hosts if seen.status in {"running", "paused"}])
            )
        return tuple(
            _in_parallel(
                self._start, [seen for seen in hosts if _STATES.get(seen.status) is HostState.STOPPED]
            )
        )

    def resources(self, fleet: str) -> tuple[Resource, ...]:
        """See `Provider.resources`. Ordered so that each can be removed once those before it are gone."""
        containers = tuple(
            Resource(kind="container", id=seen.id, name=seen.name, state=seen.status)
            for seen in self._containers(fleet)
        )
        networks = tuple(
            Resource(kind="network", id=name, name=name, state="present")
            for name in self._engine.networks(f"{blueprint.FLEET}={fleet}")
        )
        images = self._own_images(fleet) if containers or networks else ()
        return (*containers, *images, *networks)

    @cached_property
    def _engine(self) -> Engine:
        return Engine(detect(self._settings.engine))

    def _containers(self, fleet: str) -> tuple[Container, ...]:
        return self._engine.containers(f"{blueprint.FLEET}={fleet}")

    def _offer(self, request: LaunchRequest, distribution: str) -> Offer:
        reason = ""
        engine = "container engine"
        try:
            facts = self._engine.facts
            recipe_for(distribution, user=request.user)
            engine = f"{facts.program} {facts.version}"
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
        name = blueprint.network_name(fleet)
        if name in self._engine.networks(f"{blueprint.FLEET}={fleet}"):
            return
        if self._engine.exists("network", name):
            raise _taken("network", name)
        intend("network", name)
        self._engine.call("network", "create", "--label", f"{blueprint.FLEET}={fleet}", name)

    def _ensure_host(self, request: LaunchRequest, host: HostRequest, image: str, intend: Intend) -> Host:
        name = blueprint.container_name(host.name)
        seen = self._engine.container(name)
        if seen is not None:
            _check_ours(seen, request, host)
        if seen is not None and seen.status not in _STATES:
            self._remove_half_made(seen)
            seen = None
        if seen is None:
            self._make(request, host, image, intend)
        elif seen.status != "running":
            self._wake(seen)
        now = self._engine.container(name)
        if now is None:
            raise ProviderError(f"container {name} vanished right after its start", "run the command again")
        return _host(now)

    def _make(self, request: LaunchRequest, host: HostRequest, image: str, intend: Intend) -> None:
        if host.name not in request.identities:
            raise ProviderError(f"no host key was made for {host.name}", "run the command again")
        birth = Birth(request=request, host=host, identity=request.identities[host.name], image=image)
        name = blueprint.container_name(host.name)
        intend("container", name)
        self._engine.call(*blueprint.create_argv(self._engine.facts, birth, self._settings))
        self._engine.call(*blueprint.copy_argv(self._engine.facts, name), stdin=blueprint.birth_tar(birth))
        self._engine.call("start", name)

    def _wake(self, seen: Container) -> None:
        self._engine.call("unpause" if seen.status == "paused" else "start", seen.id)

    def _remove_half_made(self, seen: Container) -> None:
        """Remove a container that was killed between its creation and its start, or that the engine gave up on."""
        self._say(f"replacing {seen.name}, which is {seen.status}")
        self._remove("container", seen.id)

        def gone() -> bool | NotYet:
            return not self._engine.exists("container", seen.id) or NotYet(f"{seen.name} is still there")

        try:
            wait_for(f"removal of {seen.name}", gone, timeout_s=_REMOVAL_TIMEOUT_S)
        except DeadlineError as error:
            raise ProviderError(str(error), f"{self._engine.facts.program} rm -f {seen.name}") from error

    def _own_images(self, fleet: str) -> tuple[Resource, ...]:
        """Images of ours, unless another fleet is here: it may be about to use one. The last fleet takes them along."""
        others = set(self._engine.networks(blueprint.FLEET)) - {blueprint.network_name(fleet)}
        if others:
            return ()
        return tuple(
            Resource(kind="image", id=name, name=name, state="present") for name in self._engine.images(IMAGE)
        )

    def _stop(self, seen: Container) -> ReceiptLine:
        if seen.status == "paused":
            self._engine.call("unpause", seen.id)  # a paused systemd cannot halt
        self._engine.call("stop", "--time", str(_STOP_GRACE_S), seen.id)
        return self._asked_again(seen)

    def _start(self, seen: Container) -> ReceiptLine:
        self._wake(seen)
        return self._asked_again(seen)

    def _asked_again(self, seen: Container) -> ReceiptLine:
        now = self._engine.container(seen.id)
        status = now.status if now else "gone"
        resource = Resource(kind="container", id=seen.id, name=seen.name, state=status)
        program = self._engine.facts.program
        return ReceiptLine(
            resource=resource, gone=now is None, proof=f"{program} container inspect: {status}"
        )

    def _terminate(self, resources: tuple[Resource, ...]) -> tuple[ReceiptLine, ...]:
        """Containers in parallel; then what they used, one by one."""
        containers = [resource for resource in resources if resource.kind == "container"]
        others = [resource for resource in resources if resource.kind != "container"]
        return (*_in_parallel(self._take_away, containers), *map(self._take_away, others))

    def _take_away(self, resource: Resource) -> ReceiptLine:
        refusal = ""
        try:
            self._remove(resource.kind, resource.id)
        except EngineMissingError:
            raise
        except ProviderError as error:  # it stays, and the receipt says why
            refusal = error.cause
        gone = not self._engine.exists(resource.kind, resource.id)
        asked = f"{self._engine.facts.program} {resource.kind} inspect {resource.name}"
        return ReceiptLine(
            resource=resource,
            gone=gone,
            proof=f"{asked}: {'no such ' + resource.kind if gone else refusal or 'still there'}",
        )

    def _remove(self, kind: str, id_: str) -> None:
        flags = {"container": ("--force", "--volumes"), "image": (), "network": ()}
        try:
            self._engine.call(kind, "rm", *flags[kind], id_)
        except NotThereError:
            return
        except ProviderError as error:
            if "is already in progress" not in error.cause:
                raise


def _check_ours(seen: Container, request: LaunchRequest, host: HostRequest) -> None:
    """Refuse to touch a container that somebody else made or that is not what was asked for."""
    if seen.labels.get(blueprint.FLEET) != request.fleet:
        raise _taken("container", seen.name)
    found = seen.labels.get(blueprint.DISTRIBUTION, "")
    if found != host.distribution:
        raise UsageError(
            f"{host.name} exists and is {found}, not {host.distribution}",
            "`orchestrate down` first, then `up`",
        )


def _taken(kind: str, name: str) -> ProviderError:
    cause = f"the name {name} is taken by a {kind} that does not belong to this fleet"
    return ProviderError(cause, f"remove that {kind}, or give the fleet another name with `--name`")


def _host(seen: Container) -> Host:
    state = _STATES.get(seen.status, HostState.BROKEN)
    running = state is HostState.RUNNING
    return Host(
        name=seen.labels[blueprint.HOST],
        fleet=seen.labels[blueprint.FLEET],
        provider_id=seen.id,
        distribution=seen.labels[blueprint.DISTRIBUTION],
        state=state,
        connection=Connection.SSH,
        address="127.0.0.1" if running else "",
        port=seen.ssh_port if running else 0,
        user=seen.labels[blueprint.USER],
        host_key=seen.labels[blueprint.HOST_KEY],
    )


def _in_parallel(work: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """Answers in the order of the items. All are finished before the first error is raised."""
    with ThreadPoolExecutor(max_workers=_PARALLEL) as pool:
        futures = [pool.submit(work, item) for item in items]
    return [future.result() for future in futures]

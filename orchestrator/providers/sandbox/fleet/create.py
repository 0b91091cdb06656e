"""Make a fleet's network and hosts exist: what is there is kept, what is half made is replaced. Removes nothing else."""

from dataclasses import dataclass

from orchestrator.errors import ProviderError
from orchestrator.models import Host, HostRequest, HostState, LaunchRequest
from orchestrator.providers.base import UNMARKED, Intend, Say
from orchestrator.providers.sandbox import container_spec
from orchestrator.providers.sandbox.container_spec import ContainerSpec
from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.engine_errors import NameTakenError
from orchestrator.providers.sandbox.fleet import release
from orchestrator.providers.sandbox.fleet.addresses import addresses_for, create_network
from orchestrator.providers.sandbox.fleet.objects import EngineObjects, host_of, state_of
from orchestrator.providers.sandbox.inspect_output import Container
from orchestrator.providers.settings import SandboxSettings
from orchestrator.waiting import DeadlineError, NotYet, wait_for

_REMOVAL_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCreator:
    """One launch. Threads may share it."""

    engine: Engine
    objects: EngineObjects
    settings: SandboxSettings
    request: LaunchRequest
    """With its owner."""
    say: Say
    intend: Intend

    def network(self) -> str:
        """The name of the network that the fleet's hosts are on, or will be.

        Raises:
            ProviderError: something that is not ours has its name, or is on it.
        """
        fleet, owner = self.request.fleet, self.request.owner
        self._refuse_unmarked()
        there = [each.name for each in self.objects.networks(fleet, owner)]
        if there:
            used = {name for seen in self.objects.hosts(fleet, owner) for name in seen.networks}
            return next((name for name in there if name in used), there[0])
        name = container_spec.network_name(owner, fleet)
        if self.engine.exists("network", name):
            raise _taken("network", name)
        self.intend("network", name)
        try:
            create_network(
                self.engine,
                name,
                container_spec.label_flags(owner, fleet),
                keeps_addresses=bool(self.request.shared_folder),
            )
        except NameTakenError:
            # The last call of a process that was killed may come through after we looked.
            if name not in (each.name for each in EngineObjects(self.engine).networks(fleet, owner)):
                raise
        return name

    def volume(self) -> str:
        """The name of the volume that the fleet's hosts share, which is made where it is missing; empty where none is asked for.

        Raises:
            ProviderError: something that is not ours has its name.
        """
        fleet, owner = self.request.fleet, self.request.owner
        if not self.request.shared_folder:
            return ""
        if there := self.objects.volumes(fleet, owner):
            return there[0].name
        name = container_spec.volume_name(owner, fleet)
        if self.engine.exists("volume", name):
            raise _taken("volume", name)
        self.intend("volume", name)
        label = ("--label", f"{container_spec.SHARED}={self.request.shared_folder}")
        self.engine.call("volume", "create", *container_spec.label_flags(owner, fleet), *label, name)
        return name

    def addresses(self, network: str) -> dict[str, str]:
        """Of hosts that are to be made anew, by name, where hosts keep their addresses."""
        if not self.request.shared_folder:
            return {}
        now = EngineObjects(self.engine)
        there = now.hosts(self.request.fleet, self.request.owner)
        kept = {
            seen.labels[container_spec.HOST]: seen.labels.get(container_spec.ADDRESS, "") for seen in there
        }
        missing = (host.name for host in self.request.hosts if host.name not in kept)
        known = now.networks(self.request.fleet, self.request.owner)
        found = next((each for each in known if each.name == network), None)
        return {**kept, **addresses_for(missing, found, there)}

    def host(self, spec: ContainerSpec) -> Host:
        """The host, kept, woken, replaced or made.

        Raises:
            NotThereError: the image is gone.
            ProviderError: the engine refused, or something that is not ours has the host's name.
        """
        try:
            id_ = self._keep_or_create(spec, self.objects)
        except NameTakenError:
            # The last call of a process that was killed may come through after we looked. Look once more.
            id_ = self._keep_or_create(spec, EngineObjects(self.engine))
        now = self.engine.container(id_)
        if now is None:
            raise ProviderError(
                f"the container of {spec.host.name} vanished after its start", "run the command again"
            )
        return host_of(now)

    def _keep_or_create(self, spec: ContainerSpec, objects: EngineObjects) -> str:
        """The id of the host's container, which has been started."""
        host, name = spec.host, container_spec.container_name(self.request.owner, spec.host.name)
        ours = objects.hosts(spec.request.fleet, self.request.owner)
        seen = next((each for each in ours if each.labels[container_spec.HOST] == host.name), None)
        if seen is None and self.engine.exists("container", name):
            raise _taken("container", name)
        if seen is not None:
            _check_asked_for(seen, host)
            _check_shared_folder(seen, spec)
        if seen is None or state_of(seen) is HostState.BROKEN:
            if seen is not None:
                self._remove_leftovers(seen)
            return self._make(spec)
        if state_of(seen) is HostState.STOPPED:
            release.wake(self.engine, seen)
        return seen.id

    def _make(self, spec: ContainerSpec) -> str:
        """Create, furnish, start. Killed in between, the container is `created`, and the next launch replaces it."""
        name = spec.host.name
        if name not in spec.request.identities:
            raise ProviderError(f"no host key was made for {name}", "run the command again")
        self.intend("container", container_spec.container_name(self.request.owner, name))
        id_ = self.engine.call(*container_spec.create_argv(self.engine.facts, spec, self.settings))
        self.engine.call(
            *container_spec.copy_argv(self.engine.facts, id_), stdin=container_spec.files_tar(spec)
        )
        self.engine.call("start", id_)
        return id_

    def _remove_leftovers(self, seen: Container) -> None:
        self.say(f"replacing {seen.name}, which is {seen.status}")
        release.remove(self.engine, "container", seen.id)

        def gone() -> bool | NotYet:
            return not self.engine.exists("container", seen.id) or NotYet("still there")

        try:
            wait_for(f"removal of {seen.name}", gone, timeout_s=_REMOVAL_TIMEOUT_S)
        except DeadlineError as error:
            raise ProviderError(str(error), f"{self.engine.facts.program} rm --force {seen.name}") from error

    def _refuse_unmarked(self) -> None:
        """What an older version made carries no owner's mark. On this fleet's network it would answer to a new host's name."""
        fleet = self.request.fleet
        ours = {each.name for each in self.objects.networks(fleet, self.request.owner)}
        for seen in self.objects.hosts(fleet, UNMARKED):
            if ours.intersection(seen.networks):
                raise ProviderError(
                    f"{seen.name} is on this fleet's network, and carries no owner's mark: an older version made it",
                    f"orchestrate adopt {fleet}",
                )


def _check_asked_for(seen: Container, host: HostRequest) -> None:
    """Never pass off one distribution as another."""
    found = seen.labels.get(container_spec.DISTRIBUTION, "")
    if found != host.distribution:
        cause = f"{host.name} exists with {found}, and {host.distribution} is asked for"
        raise ProviderError(cause, "`orchestrate down`, then `orchestrate up`")


def _check_shared_folder(seen: Container, spec: ContainerSpec) -> None:
    """An engine mounts nothing into a container that exists."""
    wanted, found = spec.request.shared_folder, seen.labels.get(container_spec.SHARED, "")
    if wanted and found != wanted:
        has = f"has the shared folder at {found}" if found else "was made without a shared folder"
        name = spec.request.fleet
        raise ProviderError(
            f"{spec.host.name} {has}, and {wanted} is asked for",
            f"`orchestrate down --name {name}`, then `orchestrate up --cluster --name {name}`",
        )


def _taken(kind: str, name: str) -> ProviderError:
    cause = f"the name {name} is taken by a {kind} that does not belong to this fleet"
    return ProviderError(cause, f"remove that {kind}, or give the fleet another name with --name")

"""Keep a container for every instance that runs, and tell moto when one powers itself off.

One thread looks at the account, another for each instance deals with the engine, so that hosts come up side by side.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread

from orchestrator.errors import OrchestrateError, ProviderError
from orchestrator.providers.base import Say
from orchestrator.providers.sandbox.container_spec import copy_argv, tar_stream
from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.engine_errors import NotThereError
from orchestrator.providers.sandbox.engine_facts import EngineFacts
from orchestrator.providers.sandbox.fleet.release import remove
from orchestrator.providers.sandbox.image.maker import ImageMaker
from orchestrator.providers.sandbox.image.rootfs import RootfsCache
from orchestrator.rehearsal.account.images import content_of
from orchestrator.rehearsal.account.instance_states import TrackedInstance
from orchestrator.rehearsal.cloud import Cloud
from orchestrator.rehearsal.containers import container_spec, metadata
from orchestrator.rehearsal.containers.container_spec import EngineNetwork, InstanceContainer
from orchestrator.rehearsal.containers.metadata import Metadata, MetadataService
from orchestrator.rehearsal.containers.networks import create_network
from orchestrator.rehearsal.faults import Kind
from orchestrator.waiting import DeadlineError, NotYet, wait_for

_LOOK_EVERY_S = 0.1
_STOP_GRACE_S = 10
_AGES_S = 7 * 24 * 3600.0
"""For the call that ends when the container does."""

_REBOOT = 129
"""A container whose init asked the kernel for a reboot ends as if by SIGHUP, one that powered off as if by SIGINT."""

_ADDRESS_TIMEOUT_S = 30.0
"""How long the container that had the address last may take to go."""


class ContainerReconciler:
    """The containers of one cloud.

    Args:
        cloud: the account; its addresses lie in the network of `place`.
        facts: the engine.
        place: the network of the default VPCs. Other VPCs get theirs when they are needed.
        cache: the folder of root file systems.
        say: takes what goes wrong, a line each.
    """

    def __init__(self, cloud: Cloud, facts: EngineFacts, place: EngineNetwork, cache: Path, say: Say) -> None:
        self._cloud = cloud
        self._facts = facts
        self._cache = cache
        self._say = say
        self._places = {cloud.settings.cidr: place}
        self._services = [self._service(place)]
        self._at_work: set[str] = set()
        self._up: dict[str, str] = {}
        """Containers that run, by instance."""
        self._made: dict[str, str] = {}
        """Containers that exist, by instance."""
        self._elastic: set[tuple[str, str]] = set()
        self._lock = Lock()
        self._end = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop looking. The containers stay: they are taken away by their label."""
        self._end.set()
        self._thread.join()
        for service in self._services:
            service.close()

    def _watch(self) -> None:
        while not self._end.wait(_LOOK_EVERY_S):
            for tracked in self._cloud.instances():
                self._reconcile(tracked)

    def _reconcile(self, tracked: TrackedInstance) -> None:
        """Begin what an instance's state asks for, unless something is being done for it."""
        id_, state = tracked.instance.id, tracked.instance.state
        act: Callable[[TrackedInstance], None] | None = None
        if (
            state == "running"
            and id_ not in self._up
            and not (tracked.fault and tracked.fault.kind is Kind.SILENT)
        ):
            act = self._start if id_ in self._made else self._create
        elif state in {"stopping", "stopped"} and id_ in self._up:
            act = self._stop
        elif state in {"shutting-down", "terminated"} and id_ in self._made:
            act = self._remove
        elif state == "running" and id_ in self._up and self._new_address(tracked):
            act = self._add_address
        if act is None:
            return
        with self._lock:
            if id_ in self._at_work:
                return
            self._at_work.add(id_)
        Thread(target=self._work, args=(act, tracked), daemon=True).start()

    def _work(self, act: Callable[[TrackedInstance], None], tracked: TrackedInstance) -> None:
        try:
            act(tracked)
        except (OrchestrateError, DeadlineError) as error:
            self._say(f"{tracked.instance.id}: {error}")
            with self._cloud.lock:
                self._cloud.states.refuse(tracked, f"the rehearsal could not play it: {error}")
        finally:
            with self._lock:
                self._at_work.discard(tracked.instance.id)

    def _create(self, tracked: TrackedInstance) -> None:
        instance = tracked.instance
        engine = Engine(self._facts)
        with self._cloud.lock:
            content = content_of(tracked.region, instance.image_id)
            address, hostname = str(instance.private_ip), instance.private_dns_name.partition(".")[0]
            cidr = tracked.region.get_vpc(str(instance.vpc_id)).cidr_block
        place = self._place(engine, cidr)

        def created() -> str:
            image = self._image(engine, place.mark, content.distribution or "an unknown distribution")
            spec = InstanceContainer(
                instance_id=instance.id, address=address, hostname=hostname, image=image, content=content
            )
            return engine.call(*container_spec.create_argv(self._facts, spec, place))

        try:
            container = created()
        except NotThereError:  # another rehearsal ended in between, and took the image along
            container = created()
        self._made[instance.id] = container
        files = tar_stream(container_spec.files(place.gateway, content))
        engine.call(*copy_argv(self._facts, container), stdin=files)

        def started() -> bool | NotYet:
            """The container that had the address before may still be on its way out."""
            try:
                engine.call("start", container)
            except ProviderError as error:
                if "Address already in use" not in error.cause:
                    raise
                return NotYet(error.cause)
            return True

        wait_for(f"the address {address}", started, timeout_s=_ADDRESS_TIMEOUT_S)
        self._is_up(tracked, container)

    def _start(self, tracked: TrackedInstance) -> None:
        container = self._made[tracked.instance.id]
        Engine(self._facts).call("start", container)
        self._is_up(tracked, container)

    def _stop(self, tracked: TrackedInstance) -> None:
        container = self._up.pop(tracked.instance.id)
        Engine(self._facts).call("stop", "-t", str(_STOP_GRACE_S), container)

    def _remove(self, tracked: TrackedInstance) -> None:
        self._up.pop(tracked.instance.id, None)
        remove(Engine(self._facts), "container", self._made.pop(tracked.instance.id))

    def _is_up(self, tracked: TrackedInstance, container: str) -> None:
        self._up[tracked.instance.id] = container
        self._elastic = {each for each in self._elastic if each[0] != tracked.instance.id}
        Thread(target=self._wait_for_exit, args=(tracked, container), daemon=True).start()

    def _wait_for_exit(self, tracked: TrackedInstance, container: str) -> None:
        """Wait for the container's end. If nobody asked for it, the host shut itself down."""
        try:
            status = int(Engine(self._facts).call("wait", container, timeout_s=_AGES_S))
        except (OrchestrateError, ValueError):
            return  # it is being removed
        if self._up.get(tracked.instance.id) != container or self._end.is_set():
            return
        self._up.pop(tracked.instance.id, None)  # a reboot is a start: `_reconcile` sees to it
        if status != _REBOOT:
            with self._cloud.lock:
                self._cloud.states.shut_down_from_inside(tracked)

    def _new_address(self, tracked: TrackedInstance) -> str:
        """An Elastic IP that the host does not have yet; empty when there is none."""
        public, private = tracked.instance.public_ip, tracked.instance.private_ip
        known = not public or public == private or (tracked.instance.id, public) in self._elastic
        return "" if known else str(public)

    def _add_address(self, tracked: TrackedInstance) -> None:
        address = self._new_address(tracked)
        if address:
            argv = ("ip", "address", "replace", f"{address}/32", "dev", "eth0")
            Engine(self._facts).call("exec", self._up[tracked.instance.id], *argv)
            self._elastic.add((tracked.instance.id, address))

    def _image(self, engine: Engine, mark: str, distribution: str) -> str:
        maker = ImageMaker(
            engine=engine,
            cache=RootfsCache(self._cache),
            fleet=mark,
            say=self._say,
            intend=lambda _kind, _name: None,
        )
        return maker.ensure(container_spec.recipe(distribution, mark))

    def _place(self, engine: Engine, cidr: str) -> EngineNetwork:
        with self._lock:
            if cidr not in self._places:
                mark = next(iter(self._places.values())).mark
                self._places[cidr] = place = create_network(engine, mark, cidr)
                self._services.append(self._service(place))
            return self._places[cidr]

    def _known(self, address: str) -> Metadata | None:
        with self._cloud.lock:
            self._cloud.states.apply_due()
            for tracked in self._cloud.states.by_id.values():
                if tracked.instance.private_ip == address:
                    now = self._cloud.clock.now()
                    return metadata.of(tracked, self._cloud.roles.credentials(tracked, now))
        return None

    def _service(self, place: EngineNetwork) -> MetadataService:
        port = container_spec.METADATA_PORT
        return MetadataService(place.gateway, port, self._known, self._cloud.asked_by_host)

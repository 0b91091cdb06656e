"""Keep a container for every instance that runs, and tell moto when one powers itself off.

One thread looks at the account, another for each instance deals with the engine, so that hosts come up side by side.
"""

from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread

from orchestrator.errors import OrchestrateError, ProviderError
from orchestrator.providers.base import Say
from orchestrator.providers.sandbox.blueprint import copy_argv, tar_stream
from orchestrator.providers.sandbox.engine import Engine, EngineFacts
from orchestrator.providers.sandbox.fleet.release import remove
from orchestrator.providers.sandbox.image.maker import ImageMaker
from orchestrator.providers.sandbox.image.rootfs import RootfsCache
from orchestrator.providers.sandbox.refusals import NotThereError
from orchestrator.rehearsal.account.images import distribution_of
from orchestrator.rehearsal.account.lives import Life
from orchestrator.rehearsal.cloud import Cloud
from orchestrator.rehearsal.faults import Kind
from orchestrator.rehearsal.standins import birth, metadata
from orchestrator.rehearsal.standins.birth import Newborn, Place
from orchestrator.rehearsal.standins.grounds import make_place
from orchestrator.rehearsal.standins.metadata import Metadata, MetadataService
from orchestrator.waiting import DeadlineError, NotYet, wait_for

_LOOK_EVERY_S = 0.1
_STOP_GRACE_S = 10
_AGES_S = 7 * 24 * 3600.0
"""For the call that ends when the container does."""

_REBOOT = 129
"""A container whose init asked the kernel for a reboot ends as if by SIGHUP, one that powered off as if by SIGINT."""

_ADDRESS_TIMEOUT_S = 30.0
"""How long the container that had the address last may take to go."""


class Keeper:
    """The stand-ins of one cloud.

    Args:
        cloud: the account; its addresses lie in the network of `place`.
        facts: the engine.
        place: the network of the default VPCs. Other VPCs get theirs when they are needed.
        cache: the folder of root file systems.
        say: takes what goes wrong, a line each.
    """

    def __init__(self, cloud: Cloud, facts: EngineFacts, place: Place, cache: Path, say: Say) -> None:
        self._cloud = cloud
        self._facts = facts
        self._cache = cache
        self._say = say
        self._places = {cloud.nature.cidr: place}
        self._services = [MetadataService(place.gateway, birth.METADATA_PORT, self._known)]
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
            for life in self._cloud.look():
                self._attend(life)

    def _attend(self, life: Life) -> None:
        """Begin what an instance's state asks for, unless something is being done for it."""
        id_, state = life.instance.id, life.instance.state
        act: Callable[[Life], None] | None = None
        if state == "running" and id_ not in self._up and not (life.fault and life.fault.kind is Kind.SILENT):
            act = self._wake if id_ in self._made else self._bear
        elif state in {"stopping", "stopped"} and id_ in self._up:
            act = self._halt
        elif state in {"shutting-down", "terminated"} and id_ in self._made:
            act = self._bury
        elif state == "running" and id_ in self._up and self._new_address(life):
            act = self._add_address
        if act is None:
            return
        with self._lock:
            if id_ in self._at_work:
                return
            self._at_work.add(id_)
        Thread(target=self._work, args=(act, life), daemon=True).start()

    def _work(self, act: Callable[[Life], None], life: Life) -> None:
        try:
            act(life)
        except (OrchestrateError, DeadlineError) as error:
            self._say(f"{life.instance.id}: {error}")
            with self._cloud.lock:
                self._cloud.lives.refuse(life, f"the rehearsal could not play it: {error}")
        finally:
            with self._lock:
                self._at_work.discard(life.instance.id)

    def _bear(self, life: Life) -> None:
        instance = life.instance
        engine = Engine(self._facts)
        with self._cloud.lock:
            distribution = distribution_of(life.region, instance.image_id)
            address, hostname = str(instance.private_ip), instance.private_dns_name.partition(".")[0]
            cidr = life.region.get_vpc(str(instance.vpc_id)).cidr_block
        place = self._place(engine, cidr)

        def created() -> str:
            image = self._image(engine, place.mark, distribution or "an unknown distribution")
            newborn = Newborn(instance_id=instance.id, address=address, hostname=hostname, image=image)
            return engine.call(*birth.create_argv(self._facts, newborn, place))

        try:
            container = created()
        except NotThereError:  # another rehearsal ended in between, and took the image along
            container = created()
        self._made[instance.id] = container
        engine.call(*copy_argv(self._facts, container), stdin=tar_stream(birth.files(place.gateway)))

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
        self._is_up(life, container)

    def _wake(self, life: Life) -> None:
        container = self._made[life.instance.id]
        Engine(self._facts).call("start", container)
        self._is_up(life, container)

    def _halt(self, life: Life) -> None:
        container = self._up.pop(life.instance.id)
        Engine(self._facts).call("stop", "-t", str(_STOP_GRACE_S), container)

    def _bury(self, life: Life) -> None:
        self._up.pop(life.instance.id, None)
        remove(Engine(self._facts), "container", self._made.pop(life.instance.id))

    def _is_up(self, life: Life, container: str) -> None:
        self._up[life.instance.id] = container
        self._elastic = {each for each in self._elastic if each[0] != life.instance.id}
        Thread(target=self._outlive, args=(life, container), daemon=True).start()

    def _outlive(self, life: Life, container: str) -> None:
        """Wait for the container's end. If nobody asked for it, the host shut itself down."""
        try:
            status = int(Engine(self._facts).call("wait", container, timeout_s=_AGES_S))
        except (OrchestrateError, ValueError):
            return  # it is being removed
        if self._up.get(life.instance.id) != container or self._end.is_set():
            return
        self._up.pop(life.instance.id, None)  # a reboot is a start: `_attend` sees to it
        if status != _REBOOT:
            with self._cloud.lock:
                self._cloud.lives.shut_itself_down(life)

    def _new_address(self, life: Life) -> str:
        """An Elastic IP that the host does not have yet; empty when there is none."""
        public, private = life.instance.public_ip, life.instance.private_ip
        known = not public or public == private or (life.instance.id, public) in self._elastic
        return "" if known else str(public)

    def _add_address(self, life: Life) -> None:
        address = self._new_address(life)
        if address:
            argv = ("ip", "address", "replace", f"{address}/32", "dev", "eth0")
            Engine(self._facts).call("exec", self._up[life.instance.id], *argv)
            self._elastic.add((life.instance.id, address))

    def _image(self, engine: Engine, mark: str, distribution: str) -> str:
        maker = ImageMaker(
            engine=engine,
            cache=RootfsCache(self._cache),
            fleet=mark,
            say=self._say,
            intend=lambda _kind, _name: None,
        )
        return maker.ensure(birth.recipe(distribution, mark))

    def _place(self, engine: Engine, cidr: str) -> Place:
        with self._lock:
            if cidr not in self._places:
                mark = next(iter(self._places.values())).mark
                self._places[cidr] = place = make_place(engine, mark, cidr)
                service = MetadataService(place.gateway, birth.METADATA_PORT, self._known)
                self._services.append(service)
            return self._places[cidr]

    def _known(self, address: str) -> Metadata | None:
        with self._cloud.lock:
            self._cloud.lives.settle()
            for life in self._cloud.lives.by_id.values():
                if life.instance.private_ip == address:
                    return metadata.of(life)
        return None

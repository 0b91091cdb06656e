"""One bench per provider. A test of the contract asks for `bench` (every provider) or `maker` (those that make hosts)."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from secrets import token_hex

import pytest
from platformdirs import user_cache_path

from orchestrator.errors import ProviderError
from orchestrator.models import Host, HostRequest, LaunchRequest
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.onprem import OnpremProvider
from orchestrator.providers.sandbox import container_spec
from orchestrator.providers.sandbox.container_spec import ContainerSpec
from orchestrator.providers.sandbox.engine import Engine, detect
from orchestrator.providers.sandbox.image.maker import ImageMaker
from orchestrator.providers.sandbox.image.recipe import recipe_for
from orchestrator.providers.sandbox.image.rootfs import RootfsCache
from orchestrator.providers.sandbox.provider import SandboxProvider
from orchestrator.providers.settings import OnpremSettings, SandboxSettings
from orchestrator.rehearsal import Cloud
from orchestrator.waiting import NotYet, wait_for
from tests.images import LentImages
from tests.providers.bench import NEIGHBOUR, OWNER, Bench, Maker, launch_request, nothing
from tests.providers.ec2 import ec2_bench
from tests.providers.memory import MemoryProvider

MIXED = ("debian-13", "debian-12")
AWS = pytest.param("aws", marks=pytest.mark.served)
SANDBOX = pytest.param("sandbox", marks=pytest.mark.containers)


@pytest.fixture(params=["memory", "onprem", AWS, SANDBOX])
def bench(request: pytest.FixtureRequest) -> Bench:
    made: Bench = request.getfixturevalue(f"{request.param}_bench")
    return made


@pytest.fixture(params=["memory", AWS, SANDBOX])
def maker(request: pytest.FixtureRequest) -> Maker:
    made: Maker = request.getfixturevalue(f"{request.param}_bench")
    return made


@pytest.fixture
def memory_bench(tmp_path: Path) -> Maker:
    provider, request = MemoryProvider(), backwards(launch_request("t-memory", tmp_path, *MIXED))
    return Maker(
        provider=provider,
        request=request,
        impossible=unknown_kind(request),
        reopened=lambda: MemoryProvider(provider.cloud),
        neighbour=lambda: MemoryProvider(provider.cloud, "neighbour"),
        make_unmarked=lambda: provider.make_unmarked(request),
        half_make=lambda name: provider.half_make(name, request),
        occupy=provider.cloud.occupied.add,
        booted=lambda: None,
    )


@pytest.fixture
def onprem_bench(tmp_path: Path) -> Bench:
    inventory = tmp_path / "hosts.ini"
    inventory.write_text(
        "t-onprem-1 ansible_connection=local\nt-onprem-2\nnot-asked-for\n",
        encoding="utf-8",
    )
    request = backwards(launch_request("t-onprem", tmp_path / "keys", *MIXED))
    settings = OnpremSettings(inventory=inventory, limit="t-onprem-*")
    return Bench(
        provider=OnpremProvider(settings),
        request=request,
        impossible=replace(request, hosts=(HostRequest(name="t-onprem-22", distribution=""),)),
        reopened=lambda: OnpremProvider(settings),
        neighbour=lambda: OnpremProvider(settings),
    )


@pytest.fixture
def aws_bench(tmp_path: Path) -> Iterator[Maker]:
    with Cloud(settle_s=0) as cloud:
        yield ec2_bench(cloud, backwards(launch_request("t-aws", tmp_path, *MIXED)))


@pytest.fixture
def sandbox_bench(tmp_path: Path, engine: Engine, images: dict[str, str]) -> Iterator[Maker]:
    provider = sandbox(OWNER)
    request = replace(backwards(launch_request(f"t-{token_hex(3)}", tmp_path, *MIXED)), owner=OWNER)

    def half_make(name: str) -> None:
        host = next(host for host in request.hosts if host.name == name)
        network = container_spec.network_name(OWNER, request.fleet)
        if not engine.exists("network", network):
            engine.call("network", "create", *container_spec.label_flags(OWNER, request.fleet), network)
        spec = ContainerSpec(request=request, host=host, image=images[host.distribution], network=network)
        engine.call(*container_spec.create_argv(engine.facts, spec, SandboxSettings()))

    foreign = []

    def occupy(name: str) -> None:
        foreign.append(container_spec.container_name(OWNER, name))
        engine.call("create", "--name", foreign[-1], images["debian-12"], "true")

    def make_unmarked() -> str:
        if not foreign:
            facts = container_spec.labels(
                ContainerSpec(
                    request=request, host=request.hosts[0], image=images["debian-12"], network="bridge"
                )
            )
            labels = (f"{key}={value}" for key, value in facts.items() if key != container_spec.OWNER)
            flags = (word for label in labels for word in ("--label", label))
            foreign.append(engine.call("run", "--detach", *flags, images["debian-12"], "sleep", "600"))
        return engine.call("container", "inspect", "--format", "{{json .State}}", foreign[0])

    def booted() -> None:
        for host in provider.find(request.fleet):
            wait_for(host.name, partial(systemd_answers, engine, host), timeout_s=30)

    yield Maker(
        provider=provider,
        request=request,
        impossible=unknown_kind(request),
        reopened=partial(sandbox, OWNER),
        neighbour=partial(sandbox, NEIGHBOUR),
        make_unmarked=make_unmarked,
        half_make=half_make,
        occupy=occupy,
        booted=booted,
    )
    for name in foreign:
        engine.call("rm", "--force", name)
    for owner in (OWNER, NEIGHBOUR):
        sandbox(owner).release(request.fleet, ReleaseAction.TERMINATE)


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine(detect())


@pytest.fixture(scope="session")
def images(engine: Engine, lent_images: LentImages) -> Iterator[dict[str, str]]:
    """Image names by distribution. A fleet that stays keeps them in the engine, so that each test need not import them."""
    fleet = f"t-keep{token_hex(3)}"
    engine.call(
        "network",
        "create",
        *container_spec.label_flags(OWNER, fleet),
        container_spec.network_name(OWNER, fleet),
    )
    lent_images.lend(OWNER, *MIXED)
    cache = RootfsCache(user_cache_path("orchestrate") / "images")
    maker = ImageMaker(engine=engine, cache=cache, fleet=fleet, say=lambda _line: None, intend=nothing)
    yield {kind: maker.ensure(recipe_for(kind, user="admin", owner=OWNER)) for kind in MIXED}
    sandbox(OWNER).release(fleet, ReleaseAction.TERMINATE)


def sandbox(owner: str) -> SandboxProvider:
    return SandboxProvider(SandboxSettings(), lambda _line: None, owner)


def backwards(request: LaunchRequest) -> LaunchRequest:
    return replace(request, hosts=request.hosts[::-1])


def unknown_kind(request: LaunchRequest) -> LaunchRequest:
    return replace(request, hosts=(HostRequest(name=f"{request.fleet}-9", distribution="debian-99"),))


def systemd_answers(engine: Engine, host: Host) -> bool | NotYet:
    try:
        engine.call("exec", host.provider_id, "systemctl", "is-active", "ssh.service")
    except ProviderError as error:
        return NotYet(error.cause)
    return True

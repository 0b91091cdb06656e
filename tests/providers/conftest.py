"""One bench per provider. A test of the contract asks for `bench` (every provider) or `maker` (those that make hosts)."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from secrets import token_hex

import pytest

from orchestrator.models import HostRequest, LaunchRequest
from orchestrator.providers.base import ReleaseAction
from orchestrator.providers.onprem import OnpremProvider
from orchestrator.providers.sandbox import blueprint
from orchestrator.providers.sandbox.blueprint import Birth
from orchestrator.providers.sandbox.engine import Engine, detect
from orchestrator.providers.sandbox.image.recipe import recipe_for
from orchestrator.providers.sandbox.provider import SandboxProvider
from orchestrator.providers.settings import OnpremSettings, SandboxSettings
from tests.providers.bench import Bench, Maker, launch_request, nothing
from tests.providers.memory import MemoryProvider

MIXED = ("debian-13", "debian-12", "debian-12")
SANDBOX = pytest.param("sandbox", marks=pytest.mark.containers)


@pytest.fixture(params=["memory", "onprem", SANDBOX])
def bench(request: pytest.FixtureRequest) -> Bench:
    made: Bench = request.getfixturevalue(f"{request.param}_bench")
    return made


@pytest.fixture(params=["memory", SANDBOX])
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
        half_make=lambda name: provider.half_make(name, request),
        occupy=provider.cloud.occupied.add,
    )


@pytest.fixture
def onprem_bench(tmp_path: Path) -> Bench:
    inventory = tmp_path / "hosts.ini"
    inventory.write_text(
        "t-onprem-1 ansible_connection=local\n"
        "t-onprem-2 ansible_host=192.0.2.2 ansible_port=2222 ansible_user=root\n"
        "t-onprem-3\n",
        encoding="utf-8",
    )
    request = backwards(launch_request("t-onprem", tmp_path / "keys", *MIXED))
    settings = OnpremSettings(inventory=inventory)
    return Bench(
        provider=OnpremProvider(settings),
        request=request,
        impossible=replace(request, hosts=(HostRequest(name="t-onprem-33", distribution=""),)),
        reopened=lambda: OnpremProvider(settings),
    )


@pytest.fixture
def sandbox_bench(tmp_path: Path, engine: Engine, images: dict[str, str]) -> Iterator[Maker]:
    provider = SandboxProvider(SandboxSettings(), lambda _line: None)
    request = backwards(launch_request(f"t-{token_hex(3)}", tmp_path, *MIXED))

    def half_make(name: str) -> None:
        host = next(host for host in request.hosts if host.name == name)
        network = blueprint.network_name(request.fleet)
        if not engine.exists("network", network):
            engine.call("network", "create", "--label", f"{blueprint.FLEET}={request.fleet}", network)
        birth = Birth(
            request=request, host=host, identity=request.identities[name], image=images[host.distribution]
        )
        engine.call(*blueprint.create_argv(engine.facts, birth, SandboxSettings()))

    occupied = []

    def occupy(name: str) -> None:
        occupied.append(blueprint.container_name(name))
        engine.call("create", "--name", occupied[-1], images["debian-12"], "true")

    yield Maker(
        provider=provider,
        request=request,
        impossible=unknown_kind(request),
        reopened=partial(SandboxProvider, SandboxSettings(), lambda _line: None),
        half_make=half_make,
        occupy=occupy,
    )
    for name in occupied:
        engine.call("rm", "--force", name)
    provider.release(request.fleet, ReleaseAction.TERMINATE)


@pytest.fixture(scope="session")
def engine() -> Engine:
    return Engine(detect())


@pytest.fixture(scope="session")
def images(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Image names by distribution. A fleet that stays keeps them in the engine, so that each test need not import them."""
    keeper = SandboxProvider(SandboxSettings(), lambda _line: None)
    request = launch_request(f"t-keep{token_hex(3)}", tmp_path_factory.mktemp("keeper"), *MIXED[:2])
    keeper.launch(request, nothing)
    yield {kind: recipe_for(kind, user=request.user).name for kind in MIXED[:2]}
    keeper.release(request.fleet, ReleaseAction.TERMINATE)


def backwards(request: LaunchRequest) -> LaunchRequest:
    return replace(request, hosts=request.hosts[::-1])


def unknown_kind(request: LaunchRequest) -> LaunchRequest:
    return replace(request, hosts=(HostRequest(name=f"{request.fleet}-9", distribution="debian-99"),))

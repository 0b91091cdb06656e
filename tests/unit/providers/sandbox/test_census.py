"""Whose images are whose. The engine is a small class that answers from values."""

import pytest

from orchestrator.providers.sandbox.census import resources_of
from orchestrator.providers.sandbox.engine import Container, Engine
from tests.unit.providers.sandbox.test_blueprint import DOCKER_V2


class ToldEngine(Engine):
    """An engine with these fleets' networks and one image of ours."""

    def __init__(self, *fleets: str, hosts: tuple[str, ...] = ()) -> None:
        super().__init__(DOCKER_V2)
        self.fleets, self.hosts = fleets, hosts

    def containers(self, label: str) -> tuple[Container, ...]:
        names = [name for name in self.hosts if name.startswith(label.partition("=")[2])]
        return tuple(Container(id=name, name=name, status="exited", labels={}, ssh_port=0) for name in names)

    def networks(self, label: str) -> tuple[str, ...]:
        wanted = label.partition("=")[2]
        return tuple(f"orchestrate-{fleet}" for fleet in self.fleets if wanted in {"", fleet})

    def images(self, repository: str) -> tuple[str, ...]:
        return (f"{repository}:debian-12-abc",)


@pytest.mark.parametrize(
    ("engine", "kinds"),
    [
        pytest.param(
            ToldEngine("lab", hosts=("lab-1",)), ["container", "image", "network"], id="the last fleet"
        ),
        pytest.param(ToldEngine("lab"), ["image", "network"], id="the last fleet, its containers gone"),
        pytest.param(
            ToldEngine("lab", "b", hosts=("lab-1",)), ["container", "network"], id="another fleet is here"
        ),
        pytest.param(ToldEngine("b"), [], id="nothing of this fleet is here"),
        pytest.param(ToldEngine(), [], id="nothing is here but an image"),
    ],
)
def test_the_last_fleet_takes_the_images_along_after_what_uses_them(engine: Engine, kinds: list[str]) -> None:
    assert [resource.kind for resource in resources_of(engine, "lab")] == kinds

"""Whose is what. The engine is a small class that answers from values."""

from dataclasses import dataclass, field

import pytest

from orchestrator.providers.base import UNMARKED
from orchestrator.providers.sandbox import container_spec
from orchestrator.providers.sandbox.engine import Engine
from orchestrator.providers.sandbox.fleet.objects import EngineObjects
from orchestrator.providers.sandbox.inspect_output import Container, Labelled
from tests.unit.providers.sandbox.test_container_spec import DOCKER_V2

IMAGES = ("orchestrate-sandbox:me-debian-12-abc", "orchestrate-sandbox:you-debian-12-abc")
OLD_IMAGE = "orchestrate-sandbox:debian-13-0123456789ab"
"""As earlier versions named theirs."""


def labels(owner: str, fleet: str, **more: str) -> dict[str, str]:
    marks = {container_spec.FLEET: fleet, container_spec.OWNER: owner}
    return {key: value for key, value in marks.items() if value} | {
        f"{container_spec.LABEL}.{key.replace('_', '-')}": value for key, value in more.items()
    }


def network(owner: str, fleet: str) -> Labelled:
    name = f"net-{owner}-{fleet}"
    return Labelled(id=name, name=name, labels=labels(owner, fleet), created="")


def container(owner: str, host: str, fleet: str = "lab") -> Container:
    name = f"{owner}-{host}"
    return Container(
        id=name,
        name=name,
        labels=labels(owner, fleet, host=host),
        created="",
        status="running",
        networks=(),
        ssh_port=0,
    )


def adoption(owner: str, at: int, *ids: str) -> Labelled:
    name = f"adopted-{owner}-{at}"
    marks = labels(owner, "lab", adopted=",".join(ids), adopted_at=f"2026-01-0{at}")
    return Labelled(id=name, name=name, labels=marks, created="")


@dataclass
class ToldEngine(Engine):
    """An engine that holds these."""

    there: tuple[Labelled, ...] = ()
    kept: tuple[str, ...] = field(default=(*IMAGES, OLD_IMAGE))

    def __post_init__(self) -> None:
        super().__init__(DOCKER_V2)

    def containers(self, label: str) -> tuple[Container, ...]:
        return tuple(each for each in self.there if isinstance(each, Container) and label in each.labels)

    def networks(self, label: str) -> tuple[Labelled, ...]:
        return tuple(each for each in self.there if each.name.startswith("net-") and label in each.labels)

    def volumes(self, label: str) -> tuple[Labelled, ...]:
        return tuple(each for each in self.there if label in each.labels)

    def images(self, repository: str) -> tuple[str, ...]:
        return tuple(name for name in self.kept if name.startswith(repository))


def names(objects: EngineObjects, owner: str, fleet: str = "lab") -> list[str]:
    return [resource.name for resource in objects.of(fleet, owner).resources]


MINE, OTHER_FLEET = (container("me", "lab-1"), network("me", "lab")), network("me", "other")
YOURS = (container("you", "lab-1"), network("you", "lab"))
NOBODYS = container("", "lab-1")


@pytest.mark.parametrize(
    ("there", "found"),
    [
        pytest.param(MINE, ["me-lab-1", IMAGES[0], "net-me-lab"], id="the last fleet takes the images along"),
        pytest.param(MINE[1:], [IMAGES[0], "net-me-lab"], id="its containers gone"),
        pytest.param((*MINE, OTHER_FLEET), ["me-lab-1", "net-me-lab"], id="another fleet of ours is here"),
        pytest.param((*MINE, *YOURS, NOBODYS), ["me-lab-1", IMAGES[0], "net-me-lab"], id="others are here"),
        pytest.param((*YOURS, NOBODYS, OTHER_FLEET), [], id="nothing of ours is in this fleet"),
        pytest.param((), [], id="nothing is here but images"),
    ],
)
def test_an_owner_has_what_carries_his_mark_and_no_more(
    there: tuple[Labelled, ...], found: list[str]
) -> None:
    assert names(EngineObjects(ToldEngine(there)), "me") == found


def test_what_carries_no_mark_is_known_as_such_with_the_images_of_earlier_versions() -> None:
    objects = EngineObjects(ToldEngine((*MINE, NOBODYS)))
    assert objects.fleets == (("lab", "me"), ("lab", UNMARKED))
    assert names(objects, UNMARKED) == ["-lab-1", OLD_IMAGE]
    assert objects.others_of("lab", "me") == (UNMARKED,)


def test_what_was_adopted_is_the_adopters_until_somebody_adopts_it_again() -> None:
    theirs = ("you-lab-1", "net-you-lab", IMAGES[1])
    once = adoption("me", 1, *theirs)
    objects = EngineObjects(ToldEngine((*YOURS, once), kept=IMAGES[1:]))
    assert names(objects, "you") == []
    assert names(objects, "me") == ["you-lab-1", IMAGES[1], "net-you-lab", once.name]
    twice = adoption("you", 2, *theirs, once.id)
    objects = EngineObjects(ToldEngine((*YOURS, once, twice), kept=IMAGES[1:]))
    assert names(objects, "me") == []
    assert names(objects, "you") == ["you-lab-1", IMAGES[1], "net-you-lab", once.name, twice.name]


def test_what_its_first_owner_makes_after_an_adoption_is_his() -> None:
    objects = EngineObjects(ToldEngine((*YOURS, container("you", "lab-2"), adoption("me", 1, "you-lab-1"))))
    assert [seen.name for seen in objects.hosts("lab", "you")] == ["you-lab-2"]
    assert [seen.name for seen in objects.hosts("lab", "me")] == ["you-lab-1"]

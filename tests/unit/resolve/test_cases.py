"""Every case of `cases/*.yml` against the resolver: public knowledge, written down without a look at its code."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from orchestrator.catalog import load
from orchestrator.errors import UsageError
from orchestrator.models import Builder, Framework, Hardware, Refusal, Wishes
from orchestrator.resolve import hardware_of, resolve
from tests.unit.resolve.expectations import CHECKS, PLACES, Answer, Said, broken, summary

FOLDER = Path(__file__).resolve().parent / "cases"
OUTCOMES = ("expect", "refused", "error")
ENOUGH = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What is asked: cards or an EC2 type, and what the user insists on."""

    distribution: str
    gpus: tuple[str, ...] = ()
    instance_type: str = ""
    architecture: str = "x86_64"
    builder: str = "conda"
    wishes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing that is known to be so."""

    name: str
    given: Given
    outcome: str
    said: Said
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A public place, and what it says in our words."""

    title: str
    url: str
    says: str


@cache
def sources() -> dict[str, Source]:
    """By key."""
    raw = yaml.load((FOLDER / "sources.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {key: Source(**value) for key, value in raw.items()}


@cache
def cases() -> tuple[Case, ...]:
    """Of all files, in the order of their names."""
    files = sorted(path for path in FOLDER.glob("*.yml") if path.name != "sources.yml")
    return tuple(
        parsed(raw)
        for path in files
        for raw in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    )


def parsed(raw: dict[str, Any]) -> Case:
    """A case out of its file; a key that nobody reads is an error."""
    name, given, source = raw.pop("name"), raw.pop("given"), raw.pop("source")
    ((outcome, said),) = raw.items()
    return Case(
        name=name,
        given=Given(**given),
        outcome=outcome,
        said=said,
        sources=tuple([source] if isinstance(source, str) else source),
    )


def answer(given: Given) -> Answer:
    """What the resolver, or the look-up before it, says."""
    catalog, wishes, builder = load(), _wishes(given.wishes), Builder(given.builder)
    try:
        if given.instance_type:
            hardware = hardware_of(given.instance_type, given.distribution, wishes, builder, catalog)
        else:
            gpus = tuple(catalog.gpu(name).gpu for name in given.gpus)
            hardware = Hardware(gpus=gpus, distribution=given.distribution, architecture=given.architecture)
        return hardware if isinstance(hardware, Refusal) else resolve(hardware, wishes, builder, catalog)
    except UsageError as error:
        return error


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_the_resolver_says_what_is_publicly_known(case: Case) -> None:
    came = answer(case.given)
    missing = list(broken(case.outcome, case.said, came))
    places = "\n".join(f"  {sources()[key].title}: {sources()[key].url}" for key in case.sources)
    assert not missing, (
        f"{case.name}\nasked: {case.given}\nnot kept: {missing}\n{summary(came)}\nknown from:\n{places}"
    )


def test_there_are_enough_cases_and_no_name_stands_twice() -> None:
    names = [case.name for case in cases()]
    assert len(names) >= ENOUGH
    assert len(names) == len(set(names))


def test_every_case_says_something_that_is_checked() -> None:
    known = {"expect": set(CHECKS), "refused": set(PLACES), "error": set(PLACES)}
    wishes = {each.name for each in fields(Wishes)} - {"release"} | set(Framework)
    for case in cases():
        assert case.outcome in OUTCOMES, case.name
        assert case.said, case.name
        assert set(case.said) <= known[case.outcome], case.name
        assert set(case.given.wishes) <= wishes, case.name


def test_every_case_has_a_public_source_and_no_source_stands_idle() -> None:
    used = {key for case in cases() for key in case.sources}
    assert all(case.sources for case in cases())
    assert used == set(sources())
    for key, source in sources().items():
        assert urlsplit(source.url).scheme == "https", key
        assert urlsplit(source.url).hostname, key
        assert source.title, key
        assert source.says, key


def _wishes(given: Mapping[str, Any]) -> Wishes:
    """As in `stack:` of a fleet file: a release stands under its framework's name."""
    framework = Framework(given.get("framework", "tensorflow"))
    rest = {key: value for key, value in given.items() if key not in ("framework", *Framework)}
    return Wishes(framework=framework, release=given.get(framework.value, ""), **rest)

"""`tags:` under `aws:`: what EC2 accepts is accepted, the rest is refused with a sentence before anything is made."""

from pathlib import Path

import pytest

from orchestrator.config import load_fleet
from orchestrator.config.sections.tagging import MOST, MOST_OF_OURS, RESERVED_KEY, RESERVED_PREFIX
from orchestrator.errors import ConfigError
from orchestrator.providers.aws.launch.request import instance_tags
from orchestrator.providers.settings import AwsSettings
from tests.unit.providers.aws.launch.orders import order


def tags_of(tmp_path: Path, text: str) -> dict[str, str]:
    file = tmp_path / "fleet.yml"
    file.write_text(text, encoding="utf-8")
    return load_fleet(file, environ={}, flags={}).aws.tags


def many(count: int) -> str:
    return "aws:\n  tags:\n" + "".join(f"    key-{number}: x\n" for number in range(count))


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("aws:", {}),
        ("aws: {tags: }", {}),
        ('aws: {tags: {on: "1", 0123: x}}', {"on": "1", "0123": "x"}),
        ('aws: {tags: {cost-center: "0123", empty: ""}}', {"cost-center": "0123", "empty": ""}),
        ('aws: {tags: {"lab/Größe:1": a b = @ +}}', {"lab/Größe:1": "a b = @ +"}),
        ("aws: {tags: {name: x, orchestrate: y, aws: z}}", {"name": "x", "orchestrate": "y", "aws": "z"}),
        (f"aws: {{tags: {{{'k' * 128}: {'v' * 256}}}}}", {"k" * 128: "v" * 256}),
    ],
)
def test_what_ec2_takes_is_taken(tmp_path: Path, text: str, tags: dict[str, str]) -> None:
    assert tags_of(tmp_path, text) == tags


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ("{Name: x}", "the tag Name is one of orchestrate's own"),
        ('{"orchestrate:fleet": x}', "the tag orchestrate:fleet is one of orchestrate's own"),
        ('{"Orchestrate:new": x}', "the tag Orchestrate:new is one of orchestrate's own"),
        ('{"aws:team": x}', "the tag aws:team begins with aws:, which AWS keeps for itself"),
        ('{"AWS:team": x}', "which AWS keeps for itself"),
        ('{"": x}', "a tag has no key"),
        (f"{{{'k' * 129}: x}}", "has 129 characters; EC2 takes 128"),
        (f"{{team: {'v' * 257}}}", "the value of team has 257 characters; EC2 takes 256"),
        ('{team: "a\\nb"}', "holds a character that cannot be shown"),
        ("{cost-center: 1234}", "1234: should be text (quote it)"),
        ("{backup: yes}", "True: should be text (quote it)"),
        ("{team: }", "None: should be text (quote it)"),
        ("[team]", "should be a mapping of keys to values"),
    ],
)
def test_what_it_does_not_take_is_refused_with_a_sentence(tmp_path: Path, tags: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        tags_of(tmp_path, f"aws: {{tags: {tags}}}")
    assert said in caught.value.cause
    assert "fleet.yml:1: aws.tags" in caught.value.cause


def test_there_is_room_for_as_many_as_our_own_leave(tmp_path: Path) -> None:
    assert len(tags_of(tmp_path, many(MOST - MOST_OF_OURS))) == 37
    with pytest.raises(ConfigError, match=r"these are 38 tags; EC2 takes 50 on a resource, and 13 are"):
        tags_of(tmp_path, many(38))


def test_our_own_are_counted_and_reserved() -> None:
    ours = instance_tags(order(AwsSettings()), 8.0)
    assert len(ours) == MOST_OF_OURS
    assert [key for key in ours if key != RESERVED_KEY and not key.startswith(RESERVED_PREFIX)] == []

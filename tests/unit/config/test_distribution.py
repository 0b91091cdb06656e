"""Which distribution hosts have where nobody says it."""

from pathlib import Path

import pytest

from orchestrator.cli.resolve_options import RENTED
from orchestrator.config import FleetSpec, load_fleet


@pytest.mark.parametrize(
    ("text", "distribution"),
    [
        ("cloud: sandbox", "debian-12"),
        ("cloud: aws", "ubuntu-24.04"),
        ("cloud: aws\ndistribution: debian-12", "debian-12"),
        ("distribution: ubuntu-26.04\ncloud: aws", "ubuntu-26.04"),
    ],
)
def test_hosts_on_aws_are_of_ubuntu_unless_something_else_is_said(
    tmp_path: Path, text: str, distribution: str
) -> None:
    assert load_fleet(written(tmp_path, text), environ={}, flags={}).distribution == distribution


def test_what_is_asked_of_a_rented_type_alone_is_answered_for_the_same_distribution() -> None:
    assert FleetSpec(cloud="aws").distribution == RENTED


def written(folder: Path, text: str) -> Path:
    path = folder / "fleet.yml"
    path.write_text(text, encoding="utf-8")
    return path

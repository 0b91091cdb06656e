"""A host is found by its name in whichever fleet it is, and images without a fleet."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.cli.connect.hosts import fleet_of_host
from orchestrator.errors import ExitCode, UsageError
from orchestrator.journal import Journal
from orchestrator.providers.aws import tags
from orchestrator.providers.aws.clients import Aws
from tests.unit.builders import host
from tests.unit.cli.test_endpoint import real
from tests.unit.cli.typed import typed
from tests.unit.pipeline.accounts import Fleet, fleet


def recorded(home: Path, name: str, *hosts: str) -> None:
    journal = Journal(name, home / "orchestrate")
    journal.record("begin", {"command": "orchestrate up"})
    journal.save("hosts", tuple(replace(host(each), fleet=name) for each in hosts))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_host_with_a_name_of_its_own_needs_no_fleet(home: Path) -> None:
    recorded(home, "haws", "haws-1", "haws-2")
    recorded(home, "other", "other-1")
    assert fleet_of_host(None, None, "haws-1") == "haws"
    assert fleet_of_host(None, "other", "haws-1") == "other"
    assert fleet_of_host(None, None, None) is None
    assert fleet_of_host(None, None, "nobody") is None


def test_a_host_of_two_fleets_has_to_be_told_apart_and_the_usual_fleet_comes_first(home: Path) -> None:
    recorded(home, "one", "web", "db")
    recorded(home, "two", "web")
    with pytest.raises(UsageError, match="web is a host of 2 fleets: one, two") as said:
        fleet_of_host(None, None, "web")
    assert said.value.hint == "--name one"
    recorded(home, "sandbox", "web")
    assert fleet_of_host(None, None, "web") is None


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Fleet]:
    root = tmp_path / "orchestrate"
    root.mkdir()
    (root / "owner").write_text("me\n", encoding="ascii")
    with fleet(root) as made:
        yield made


@pytest.mark.served
def test_images_are_listed_after_down_without_a_file_and_gc_shows_them(tmp_path: Path, there: Fleet) -> None:
    there.up()
    ec2 = Aws(there.cloud.admin_url).ec2("us-east-1")
    (life,) = there.cloud.instances()
    image = ec2.create_image(
        InstanceId=life.instance.id,
        Name="baked",
        TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": tags.OWNER, "Value": "me"}]}],
    )["ImageId"]
    there.down()
    listed = typed(tmp_path, "bake", "--list", variables=real(there.cloud))
    assert (listed.returncode, image in listed.stdout) == (ExitCode.OK, True), listed.stderr
    assert "at most $5.00 a month" in listed.stdout
    assert (
        typed(tmp_path, "bake", "--list", "--cloud", "aws", variables=real(there.cloud)).stdout
        == listed.stdout
    )
    found = typed(tmp_path, "gc", "--cloud", "aws", variables=real(there.cloud))
    assert f"kept: image {image}" in found.stdout
    assert f"try: orchestrate bake --remove {image}" in found.stdout


def test_where_there_is_no_image_that_is_said_with_what_makes_one(tmp_path: Path, there: Fleet) -> None:
    said = typed(tmp_path, "bake", "--list", variables=real(there.cloud))
    assert (said.returncode, said.stdout) == (
        ExitCode.OK,
        "no image of ours is in us-east-1: `orchestrate bake` makes one\n",
    )

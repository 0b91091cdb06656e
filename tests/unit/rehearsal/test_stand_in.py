"""What a container of a rehearsal is made of, for each image: of Ubuntu it is a Debian that says so, of AWS's with a driver it has one."""

import subprocess
from pathlib import Path

import pytest

from orchestrator.rehearsal import Cloud
from orchestrator.rehearsal.account.images import IMAGES, content_of
from orchestrator.rehearsal.containers import stand_in
from orchestrator.rehearsal.containers.container_spec import (
    EngineNetwork,
    InstanceContainer,
    create_argv,
    files,
    recipe,
)
from orchestrator.rehearsal.image_content import ImageContent
from tests.unit.builders import DOCKER
from tests.unit.rehearsal.account import Account

PLACE = EngineNetwork(network="n", gateway="10.231.0.1", mark="m")


def written(content: ImageContent) -> dict[str, str]:
    """The files by their paths."""
    return {file.path: file.text or "" for file in files(PLACE.gateway, content)}


@pytest.mark.parametrize(
    ("distribution", "debian"),
    [
        ("debian-12", "debian-12"),
        ("debian-13", "debian-13"),
        ("ubuntu-22.04", "debian-12"),
        ("ubuntu-24.04", "debian-12"),
        ("ubuntu-26.04", "debian-13"),
    ],
)
def test_each_distribution_is_played_by_a_debian(distribution: str, debian: str) -> None:
    assert recipe(distribution, "m").distribution == debian


@pytest.mark.parametrize("release", ["22.04", "24.04", "26.04"])
def test_a_host_of_ubuntu_says_so_before_systemd_begins(release: str) -> None:
    there = written(ImageContent(distribution=f"ubuntu-{release}"))
    first = there["usr/local/sbin/rehearsal-init"]
    assert f"|| sh /usr/local/sbin/rehearsal-ubuntu {release}\n" in first
    assert first.splitlines()[-1] == "exec /usr/local/sbin/sandbox-init"
    assert there["usr/local/sbin/rehearsal-ubuntu"].startswith("#!/bin/sh\n")
    assert "default_user: {name: ubuntu," in there["etc/cloud/cloud.cfg.d/99_rehearsal.cfg"]


def test_a_host_of_debian_is_as_it_is() -> None:
    there = written(ImageContent(distribution="debian-12"))
    assert not [path for path in there if path.startswith("usr/")]
    assert "default_user: {name: admin," in there["etc/cloud/cloud.cfg.d/99_rehearsal.cfg"]


@pytest.mark.parametrize(
    ("distribution", "first"),
    [("debian-13", "/usr/local/sbin/sandbox-init"), ("ubuntu-24.04", "/usr/local/sbin/rehearsal-init")],
)
def test_a_container_begins_with_what_its_image_asks_for(distribution: str, first: str) -> None:
    container = InstanceContainer(
        instance_id="i-1",
        address="10.231.0.9",
        hostname="ip-10-231-0-9",
        image="made",
        content=ImageContent(distribution=distribution),
    )
    assert create_argv(DOCKER, container, PLACE)[-2:] == ("made", first)


def test_what_is_written_for_a_shell_is_understood_by_it(tmp_path: Path) -> None:
    there = stand_in.files(ImageContent(distribution="ubuntu-24.04", driver=True))
    assert len(there) == 5
    for file in there:
        script = tmp_path / Path(file.path).name
        script.write_text(file.text or "", encoding="utf-8")
        assert file.mode == 0o755
        subprocess.run(("sh", "-n", str(script)), check=True)


def test_an_image_with_a_driver_has_nvidias_programs_and_docker(tmp_path: Path) -> None:
    programs = {
        file.path: file.text or ""
        for file in stand_in.files(ImageContent(distribution="ubuntu-24.04", driver=True))
    }
    answers = {}
    for name, argument in (("nvidia-smi", ""), ("nvidia-uninstall", ""), ("docker", "--version")):
        script = tmp_path / name
        script.write_text(programs[f"usr/bin/{name}"], encoding="utf-8")
        ended = subprocess.run(("sh", str(script), argument), capture_output=True, text=True, check=False)
        answers[name] = (ended.returncode, ended.stdout + ended.stderr)
    assert answers["nvidia-smi"][0] == 9
    assert "couldn't communicate with the NVIDIA driver" in answers["nvidia-smi"][1]
    assert answers["nvidia-uninstall"][0] == 1
    assert answers["docker"] == (0, "Docker version 28.5.1, played by a rehearsal\n")


@pytest.mark.served
def test_an_image_keeps_its_content_in_the_account_and_so_does_one_that_is_baked() -> None:
    with Cloud(settle_s=0) as cloud:
        account = Account(cloud)
        region = cloud.account.region("us-east-1")
        published = {image.id("us-east-1"): image.content for image in IMAGES}
        assert {image: content_of(region, image) for image in published} == published
        deep = next(image for image, content in published.items() if content.driver)
        made = account.run(ImageId=deep)[0]
        baked = account.ec2.create_image(InstanceId=made["InstanceId"], Name="baked")["ImageId"]
        assert content_of(region, baked) == published[deep]
        assert content_of(region, "ami-00000000000000000") == ImageContent()

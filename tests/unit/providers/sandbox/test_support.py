"""Which engines can run hosts, from what they say of themselves."""

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.models import HostRequest, LaunchRequest
from orchestrator.providers.sandbox.engine_facts import EngineFacts, facts_from_info
from orchestrator.providers.sandbox.provider import SandboxProvider
from orchestrator.providers.sandbox.support import limits_of, no_way_to_addresses, obstacles
from orchestrator.providers.settings import SandboxSettings
from tests.unit.doctor.played import (
    DOCKER,
    DOCKER_DESKTOP,
    DOCKER_REMAPS,
    DOCKER_ROOTLESS,
    DOCKER_SELINUX,
    DOCKER_V1,
    SINGLE,
    Answer,
    Computer,
    play,
    podman,
)


def facts(info: dict[str, Any]) -> EngineFacts:
    seen = facts_from_info("podman" if "host" in info else "docker", info)
    assert seen is not None
    return seen


@pytest.mark.parametrize(
    "info",
    [DOCKER, DOCKER_V1, DOCKER_ROOTLESS, DOCKER_SELINUX, DOCKER_DESKTOP, podman(), podman("3.4.4"), podman("4.3.1", rootless=False, host={"cgroupVersion": "v1", "cgroupManager": "cgroupfs"})],
)  # fmt: skip
def test_these_run_hosts_with_limits(info: dict[str, Any]) -> None:
    assert obstacles(facts(info), {"cpu", "memory"}) == ()


@pytest.mark.parametrize(
    ("info", "seen"),
    [
        (DOCKER | {"ServerVersion": "19.03.8"}, "docker 19.03.8 is older than 20.10"),
        (podman("2.2.1"), "podman 2.2.1 is older than 3.4"),
        (DOCKER_ROOTLESS | {"CgroupVersion": "1", "CgroupDriver": "none"}, "docker is rootless on cgroup v1"),
        (DOCKER_ROOTLESS | {"CgroupDriver": "none"}, "reaches no systemd of this user"),
        (podman(host={"cgroupManager": "cgroupfs"}), "reaches no systemd of this user"),
        (DOCKER_REMAPS, "Docker remaps users"),
        (podman(host={"idMappings": {"uidmap": SINGLE}}), "podman has 1 user ids for containers"),
        (DOCKER_ROOTLESS | {"CpuCfsQuota": False}, "not given the cgroup controller cpu"),
        (podman(host={"cgroupControllers": []}), "not given the cgroup controller cpu, memory"),
    ],
)
def test_these_do_not_and_say_why(info: dict[str, Any], seen: str) -> None:
    found = obstacles(facts(info), {"cpu", "memory"})
    assert [seen in each.seen for each in found] == [True]
    assert all(each.hint for each in found)


def test_controllers_matter_only_where_a_host_shall_be_limited() -> None:
    bare = facts(podman(host={"cgroupControllers": []}))
    assert obstacles(bare) == ()
    assert limits_of(SandboxSettings()) == frozenset()
    assert limits_of(SandboxSettings(cpus=2)) == {"cpu"}
    assert limits_of(SandboxSettings(memory_mib=2048)) == {"memory"}


def test_a_version_of_unknown_form_and_a_silence_about_limits_keep_nobody_out() -> None:
    assert obstacles(replace(facts(DOCKER), version="dev", controllers=None), {"cpu"}) == ()
    old = {
        key: value
        for key, value in DOCKER.items()
        if key not in {"MemoryLimit", "CpuCfsQuota", "CgroupDriver"}
    }
    assert obstacles(facts(old), {"cpu"}) == ()


def test_what_an_engine_confines_containers_with_is_read() -> None:
    assert (facts(DOCKER).apparmor, facts(DOCKER).selinux) == (True, False)
    assert (facts(DOCKER_SELINUX).apparmor, facts(DOCKER_SELINUX).selinux) == (False, True)
    security = {"rootless": True, "selinuxEnabled": True}
    assert facts(podman(host={"security": security})).selinux


@pytest.mark.parametrize(
    ("info", "why"),
    [(DOCKER, ""), (podman(rootless=False), ""), (DOCKER_ROOTLESS, "docker is rootless"), (podman(), "podman is rootless"), (DOCKER_DESKTOP, "virtual machine")],
)  # fmt: skip
def test_addresses_of_containers_are_out_of_reach_where_they_are_in_another_network(
    info: dict[str, Any], why: str
) -> None:
    said = no_way_to_addresses(facts(info))
    assert why in said
    assert bool(said) == bool(why)


def test_an_offer_is_refused_with_what_the_engine_lacks(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(
        Computer(release="fedora-43", podman=Answer(says=podman(host={"cgroupControllers": ["memory"]}))),
        tmp_path,
        monkeypatch,
    )
    request = LaunchRequest(
        fleet="lab", token="t", hosts=(HostRequest(name="lab-1", distribution="debian-12"),), user="ada", authorized_key="k", identities={}, owner="o"
    )  # fmt: skip
    (offer,) = SandboxProvider(SandboxSettings(cpus=2), lambda _line: None, "o", cache=tmp_path).offers(
        request
    )
    assert not offer.available
    assert offer.reason == "podman cannot limit hosts: it was not given the cgroup controller cpu"

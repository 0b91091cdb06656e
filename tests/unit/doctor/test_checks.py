"""What follows from what was seen of this computer."""

from dataclasses import replace

import pytest

from orchestrator.ansible_hosts import AnsibleCore
from orchestrator.doctor import Condition, Finding, Remedy, exit_code
from orchestrator.doctor.checks import run_checks
from orchestrator.doctor.packages import Release
from orchestrator.doctor.values import EngineStatus, Facts, UserRights
from orchestrator.errors import ExitCode
from tests.unit.builders import DOCKER

ANSWERING = EngineStatus(
    wish="auto",
    facts=DOCKER,
    refusal="",
    free_mib=50_000,
    image_at_hand=False,
    registry=None,
)
ADA = UserRights(
    root=False, subordinate_ids=65536, namespaces="", unprofiled=frozenset(), tunnels=True, lingers=True
)
SILENT = replace(ANSWERING, facts=None, refusal="cannot connect", free_mib=None)
DEBIAN_12 = Release(id="debian", family="debian", codename="bookworm", image_based=False)
ELSEWHERE = Release(id="", family="", codename="", image_based=False)
CORE = AnsibleCore(
    version="2.19.14", newest_python="3.13", python="/x/bin/python", python_version="3.11", checkout=True
)
SOUND = Facts(
    python=(3, 11),
    has_venv=True,
    ansible=CORE,
    programs=frozenset({"ssh", "ssh-keygen", "rsync", "docker", "dockerd", "mmdebstrap", "newuidmap"}),
    release=DEBIAN_12,
    user=UserRights(
        root=True, subordinate_ids=0, namespaces="", unprofiled=frozenset(), tunnels=True, lingers=False
    ),
    images="/home/ada/.cache/orchestrate/images",
    home="/home/ada",
    root_prefix=(),
    systemd=False,
    unwritable=(),
    state_free_mib=50_000,
    engine=ANSWERING,
)
PODMAN_PACKAGES = (
    *("podman", "crun", "netavark", "aardvark-dns", "slirp4netns", "iptables", "uidmap", "dbus-user-session"),
)
CLIENT_ONLY = SOUND.programs - {"dockerd"}
NO_BOOTSTRAP = SOUND.programs - {"mmdebstrap"}


def bad(facts: Facts) -> tuple[Finding, ...]:
    return tuple(finding for finding in run_checks(facts) if finding.condition is not Condition.OK)


def test_a_sound_computer_has_nothing_to_mend() -> None:
    findings = run_checks(SOUND)
    assert [finding.name for finding in findings] == [
        "python",
        "ansible",
        "ssh_client",
        "rsync",
        "folders",
        "container_engine",
        "storage",
        "base_image",
    ]
    assert {(finding.condition, finding.hint, finding.remedy) for finding in findings} == {
        (Condition.OK, "", None)
    }
    assert exit_code(findings) is ExitCode.OK


def test_what_copies_folders_is_brought_and_no_condition_of_up() -> None:
    facts = replace(SOUND, programs=SOUND.programs - {"rsync"})
    (found,) = (each for each in run_checks(facts) if each.name == "rsync")
    assert (found.condition, found.remedy) == (Condition.OK, Remedy(packages=("rsync",)))
    assert found.hint == "apt-get install --yes --no-install-recommends rsync"


def test_a_fleet_without_containers_needs_no_engine() -> None:
    assert {finding.name for finding in run_checks(replace(SOUND, engine=None))} == {
        "python",
        "ansible",
        "ssh_client",
        "rsync",
        "folders",
    }


@pytest.mark.parametrize(
    ("facts", "name", "hint", "remedy"),
    [
        (replace(SOUND, python=(3, 10)), "python", "install Python 3.11 or newer", None),
        (
            replace(SOUND, has_venv=False),
            "python",
            "apt-get install --yes --no-install-recommends python3-venv",
            Remedy(packages=("python3-venv",)),
        ),
        (replace(SOUND, ansible=None), "ansible", "reinstall this program with pip", None),
        (
            replace(SOUND, programs=SOUND.programs - {"ssh-keygen"}),
            "ssh_client",
            "apt-get install --yes --no-install-recommends openssh-client",
            Remedy(packages=("openssh-client",)),
        ),
        (replace(SOUND, unwritable=("/home/x is not writable",)), "folders", "XDG_STATE_HOME", None),
        (replace(SOUND, state_free_mib=100), "folders", "256 MiB are needed", None),
        (
            replace(SOUND, engine=SILENT),
            "container_engine",
            "service docker start",
            Remedy(start_docker=True),
        ),
        (
            replace(SOUND, engine=SILENT, systemd=True, root_prefix=("sudo",)),
            "container_engine",
            "sudo systemctl enable --now docker",
            Remedy(start_docker=True),
        ),
        (
            replace(SOUND, engine=SILENT, programs=CLIENT_ONLY),
            "container_engine",
            "apt-get install --yes --no-install-recommends docker.io iptables",
            Remedy(packages=("docker.io", "iptables"), start_docker=True),
        ),
        (
            replace(SOUND, engine=SILENT, programs=CLIENT_ONLY, root_prefix=None),
            "container_engine",
            "sudo apt-get install --yes --no-install-recommends docker.io iptables",
            None,
        ),
        (
            replace(SOUND, engine=SILENT, programs=CLIENT_ONLY - {"docker"}, release=ELSEWHERE),
            "container_engine",
            "install Docker Engine as its maker says for this system",
            None,
        ),
        (
            replace(SOUND, engine=SILENT, programs=CLIENT_ONLY, release=ELSEWHERE),
            "container_engine",
            "start Docker (its service, or Docker Desktop)",
            None,
        ),
        (
            replace(SOUND, engine=replace(SILENT, socket_denied=True)),
            "container_engine",
            'sudo usermod --append --groups docker "$USER"',
            None,
        ),
        (
            replace(SOUND, engine=replace(SILENT, endpoint="tcp://far:2375")),
            "container_engine",
            "unset DOCKER_HOST",
            None,
        ),
        (
            replace(SOUND, engine=replace(SILENT, wish="podman")),
            "container_engine",
            "apt-get install --yes --no-install-recommends podman crun netavark",
            Remedy(packages=PODMAN_PACKAGES),
        ),
        (
            replace(SOUND, engine=replace(SILENT, wish="podman"), programs=SOUND.programs | {"podman"}),
            "container_engine",
            "podman info",
            None,
        ),
        (
            replace(SOUND, engine=replace(ANSWERING, registry=False), programs=NO_BOOTSTRAP),
            "base_image",
            "mmdebstrap",
            Remedy(packages=("mmdebstrap", "debian-archive-keyring", "uidmap")),
        ),
        (replace(SOUND, engine=replace(ANSWERING, free_mib=100)), "storage", "docker system df", None),
        (
            replace(SOUND, engine=replace(SILENT, socket_denied=True, in_group=True)),
            "container_engine",
            "newgrp docker",
            None,
        ),
        (
            replace(
                SOUND,
                engine=replace(
                    SILENT, wish="podman", refusal="podman info: newuidmap: write to uid_map failed"
                ),
                programs=SOUND.programs | {"podman"},
                user=ADA,
            ),
            "container_engine",
            "chmod u+s /usr/bin/newuidmap",
            None,
        ),
    ],
)
def test_what_is_wrong_is_named_with_what_mends_it(
    facts: Facts, name: str, hint: str, remedy: Remedy | None
) -> None:
    (finding,) = bad(facts)
    assert (finding.name, finding.remedy) == (name, remedy)
    assert hint in finding.hint
    assert finding.seen
    assert exit_code([finding]) is ExitCode.USAGE


@pytest.mark.parametrize(
    "sight",
    [
        replace(ANSWERING, registry=True),
        replace(ANSWERING, image_at_hand=True),
    ],
)
def test_mmdebstrap_is_not_wanted_where_the_image_comes_from_elsewhere(sight: EngineStatus) -> None:
    assert bad(replace(SOUND, engine=sight, programs=NO_BOOTSTRAP)) == ()


def test_a_bare_debian_gets_engine_and_bootstrap_in_one_go() -> None:
    bare = replace(SOUND, engine=SILENT, programs=frozenset({"ssh", "ssh-keygen"}))
    assert [finding.name for finding in bad(bare)] == ["container_engine", "base_image"]


def test_without_apt_the_image_is_not_judged_before_an_engine_answers() -> None:
    elsewhere = replace(SOUND, engine=SILENT, release=ELSEWHERE, programs=NO_BOOTSTRAP)
    assert [finding.name for finding in bad(elsewhere)] == ["container_engine"]

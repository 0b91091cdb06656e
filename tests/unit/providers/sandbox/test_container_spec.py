"""What a container is made of, compared word for word."""

import io
import tarfile
from dataclasses import replace

import pytest

from orchestrator.models import HostIdentity, HostRequest, LaunchRequest
from orchestrator.providers.sandbox.container_spec import (
    ContainerSpec,
    copy_argv,
    create_argv,
    files_tar,
    labels,
)
from orchestrator.providers.sandbox.engine_facts import EngineFacts
from orchestrator.providers.settings import SandboxSettings
from tests.unit.builders import DOCKER

DOCKER_V2 = replace(DOCKER, version="28.2.2", cgroup=2)
DOCKER_ROOTLESS = replace(DOCKER_V2, rootless=True)
PODMAN = replace(DOCKER_V2, program="podman", podman=True, version="5.4.2")

IDENTITY = HostIdentity(
    public_key="ssh-ed25519 AAAAhost", private_key="-----BEGIN OPENSSH PRIVATE KEY-----\nsecret"
)
REQUEST = LaunchRequest(
    fleet="lab",
    token="token",
    hosts=(HostRequest(name="lab-1", distribution="debian-12"),),
    user="ada",
    authorized_key="ssh-ed25519 AAAAfleet",
    identities={"lab-1": IDENTITY},
    owner="0123456789ab",
)
SPEC = ContainerSpec(
    request=REQUEST,
    host=REQUEST.hosts[0],
    image="orchestrate-sandbox:debian-12-abc",
    network="orchestrate-0123456789ab-lab",
)

SYSTEMD_DOCKER = (
    "--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt apparmor=unconfined"
    " --cgroupns=private --tmpfs /run --tmpfs /run/lock"
)
SYSTEMD_PODMAN = (
    "--cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add AUDIT_WRITE --cap-add MKNOD --cap-add NET_RAW"
    "{audit}{profile} --systemd=always --pids-limit=0"
)
OF_ROOT = SYSTEMD_PODMAN.format(audit=" --cap-add AUDIT_CONTROL", profile="")
ROOTLESS = SYSTEMD_PODMAN.format(audit="", profile="")


@pytest.mark.parametrize(
    ("facts", "systemd"),
    [
        pytest.param(DOCKER, SYSTEMD_DOCKER, id="docker, cgroup v1"),
        pytest.param(DOCKER_V2, SYSTEMD_DOCKER, id="docker, cgroup v2"),
        pytest.param(DOCKER_ROOTLESS, SYSTEMD_DOCKER, id="docker, rootless"),
        pytest.param(
            replace(DOCKER_V2, selinux=True),
            SYSTEMD_DOCKER.replace("unconfined", "unconfined --security-opt label=disable"),
            id="docker, SELinux",
        ),
        pytest.param(PODMAN, OF_ROOT, id="podman"),
        pytest.param(replace(PODMAN, rootless=True), ROOTLESS, id="podman, rootless"),
        pytest.param(
            replace(PODMAN, apparmor=True),
            SYSTEMD_PODMAN.format(
                audit=" --cap-add AUDIT_CONTROL", profile=" --security-opt apparmor=unconfined"
            ),
            id="podman, AppArmor",
        ),
        pytest.param(
            replace(PODMAN, rootless=True, selinux=True),
            SYSTEMD_PODMAN.format(audit="", profile=" --security-opt label=disable"),
            id="podman, rootless, SELinux",
        ),
        pytest.param(replace(PODMAN, program="docker"), OF_ROOT, id="podman behind the name docker"),
    ],
)
def test_the_create_call_gives_each_engine_what_systemd_needs_there(facts: EngineFacts, systemd: str) -> None:
    assert create_argv(facts, SPEC, SandboxSettings()) == (
        "create",
        *("--pull", "never"),
        *("--name", "orchestrate-0123456789ab-lab-1", "--hostname", "lab-1"),
        *("--network", "orchestrate-0123456789ab-lab", "--network-alias", "lab-1"),
        *("--publish", "127.0.0.1::22", "--stop-signal", "SIGRTMIN+3"),
        *systemd.split(),
        *("--label", "orchestrate.fleet=lab"),
        *("--label", "orchestrate.owner=0123456789ab"),
        *("--label", "orchestrate.host=lab-1"),
        *("--label", "orchestrate.token=token"),
        *("--label", "orchestrate.distribution=debian-12"),
        *("--label", "orchestrate.user=ada"),
        *("--label", "orchestrate.host-key=ssh-ed25519 AAAAhost"),
        "orchestrate-sandbox:debian-12-abc",
        "/usr/local/sbin/sandbox-init",
    )


def test_limits_are_given_only_where_the_fleet_file_sets_them() -> None:
    argv = create_argv(DOCKER, SPEC, SandboxSettings(cpus=1.5, memory_mib=2048))
    assert " --cpus 1.5 --memory 2048m " in " ".join(argv)


def test_the_private_key_is_in_the_tar_stream_alone() -> None:
    outside = " ".join((*create_argv(DOCKER_V2, SPEC, SandboxSettings()), *labels(SPEC).values(), repr(SPEC)))
    assert "secret" not in outside
    assert b"secret" in files_tar(SPEC)


def test_the_files_of_a_new_host_have_the_owners_and_modes_that_sshd_and_sudo_demand() -> None:
    with tarfile.open(fileobj=io.BytesIO(files_tar(SPEC))) as tar:
        seen = {entry.name: (oct(entry.mode), entry.uid, entry.gid) for entry in tar}
        sudoers = tar.extractfile("etc/sudoers.d/90-orchestrate")
        assert sudoers is not None
        assert sudoers.read() == b"ada ALL=(ALL) NOPASSWD: ALL\n"
    assert seen == {
        "etc/ssh/ssh_host_ed25519_key": ("0o600", 0, 0),
        "etc/ssh/ssh_host_ed25519_key.pub": ("0o644", 0, 0),
        "etc/sudoers.d/90-orchestrate": ("0o440", 0, 0),
        "home/ada/.ssh": ("0o700", 1000, 1000),
        "home/ada/.ssh/authorized_keys": ("0o600", 1000, 1000),
    }


def test_podman_is_told_to_keep_the_owners_of_the_tar() -> None:
    assert copy_argv(PODMAN, "lab-1") == ("cp", "--archive=false", "-", "lab-1:/")
    assert copy_argv(DOCKER, "lab-1") == ("cp", "-", "lab-1:/")


def test_a_host_mounts_the_volume_of_its_cluster_and_everybody_may_make_folders_there() -> None:
    request = replace(REQUEST, shared_folder="/data/shared")
    spec = replace(
        SPEC, request=request, volume="orchestrate-0123456789ab-lab-shared", address="192.168.64.2"
    )
    argv = create_argv(DOCKER, spec, SandboxSettings())
    assert argv[argv.index("--volume") + 1] == "orchestrate-0123456789ab-lab-shared:/data/shared"
    assert argv[argv.index("--ip") + 1] == labels(spec)["orchestrate.address"] == "192.168.64.2"
    assert labels(spec)["orchestrate.shared"] == "/data/shared"
    with tarfile.open(fileobj=io.BytesIO(files_tar(spec))) as tar:
        folder = tar.getmember("data/shared")
        assert (folder.isdir(), folder.mode, folder.uid) == (True, 0o1777, 0)


def test_a_host_on_its_own_mounts_nothing() -> None:
    assert not {"--volume", "--ip"} & set(create_argv(DOCKER, SPEC, SandboxSettings()))
    assert "orchestrate.shared" not in labels(SPEC)

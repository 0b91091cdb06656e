"""What `orchestrate doctor` says on computers that are not here: played, from os-release and the engines' answers to the findings."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.doctor import Condition, Finding
from orchestrator.doctor.checks import run_checks
from orchestrator.doctor.probe import probe
from tests.unit.doctor.played import (
    DOCKER,
    DOCKER_DESKTOP,
    DOCKER_REMAPS,
    DOCKER_ROOTLESS,
    DOCKER_SELINUX,
    DOCKER_V1,
    PODMAN_NETWORKS,
    SINGLE,
    Answer,
    Computer,
    play,
    podman,
)

NO_DAEMON = Answer(
    says={
        "ServerErrors": [
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
        ]
    }
)
"""As older clients say it: among their answers, with status 0."""
NO_API = Answer(
    complains="failed to connect to the docker API at unix:///run/user/1000/docker.sock; check if the path is correct",
    status=1,
)
PROGRAMS = ("ssh", "ssh-keygen", *PODMAN_NETWORKS)
RESTRICTED = {"proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n"}
ROOTLESS_CONTEXT = {"DOCKER_CONTEXT": "rootless", "CONTEXT_ENDPOINT": "unix:///run/user/1000/docker.sock"}


def findings(
    computer: Computer, folder: Path, monkeypatch: pytest.MonkeyPatch, *, wish: str = "auto"
) -> tuple[Finding, ...]:
    root = play(computer, folder, monkeypatch)
    return run_checks(probe(wish, frozenset({"cpu"}), root=root))


@pytest.mark.parametrize(
    ("computer", "seen"),
    [
        pytest.param(Computer(release="ubuntu-24.04", docker=Answer(says=DOCKER)), "docker 29.1.3, rootful, cgroup v2", id="docker on Ubuntu"),
        pytest.param(Computer(release="debian-12", docker=Answer(says=DOCKER_V1)), "docker 20.10.24, rootful, cgroup v1", id="docker on a v1 or hybrid tree"),
        pytest.param(Computer(release="ubuntu-24.04", docker=Answer(says=DOCKER_ROOTLESS), environment=ROOTLESS_CONTEXT), "docker 29.1.3, rootless, cgroup v2", id="docker without root"),
        pytest.param(Computer(release="fedora-43", docker=Answer(says=DOCKER_SELINUX)), "docker 29.1.3, rootful, cgroup v2", id="docker on Fedora"),
        pytest.param(Computer(release="ubuntu-24.04", docker=Answer(says=DOCKER_DESKTOP)), "docker 29.1.3, rootful, cgroup v2", id="Docker Desktop"),
        pytest.param(Computer(release="fedora-43", podman=Answer(says=podman()), programs=PROGRAMS), "podman 5.6.2, rootless, cgroup v2", id="podman on Fedora"),
        pytest.param(Computer(release="fedora-43", docker=Answer(says=podman(), complains="Emulate Docker CLI using podman.\n"), programs=PROGRAMS), "podman 5.6.2 as docker, rootless, cgroup v2", id="podman-docker"),
        pytest.param(Computer(release="ubuntu-22.04", podman=Answer(says=podman("3.4.4")), programs=("ssh", "ssh-keygen", "slirp4netns")), "podman 3.4.4, rootless, cgroup v2", id="podman of Ubuntu 22.04"),
        pytest.param(Computer(release="rocky-9", podman=Answer(says=podman("5.4.0", rootless=False)), programs=PROGRAMS), "podman 5.4.0, rootful, cgroup v2", id="podman of root on Rocky"),
        pytest.param(Computer(release="arch", podman=Answer(says=podman()), programs=PROGRAMS), "podman 5.6.2, rootless, cgroup v2", id="podman on Arch"),
    ],
)  # fmt: skip
def test_a_computer_that_can_run_hosts_has_nothing_to_mend(
    computer: Computer, seen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = findings(computer, tmp_path, monkeypatch)
    assert [each for each in found if each.condition is not Condition.OK] == []
    assert seen in [each.seen for each in found]


@pytest.mark.parametrize(
    ("computer", "name", "hint"),
    [
        pytest.param(Computer(release="ubuntu-24.04"), "container_engine", "apt-get install --yes --no-install-recommends docker.io iptables", id="nothing on Ubuntu"),
        pytest.param(Computer(release="debian-13"), "container_engine", "docker.io docker-cli iptables", id="nothing on Debian 13"),
        pytest.param(Computer(release="fedora-43"), "container_engine", "dnf install --assumeyes podman aardvark-dns", id="nothing on Fedora"),
        pytest.param(Computer(release="rocky-9"), "container_engine", "dnf install --assumeyes podman", id="nothing on Rocky"),
        pytest.param(Computer(release="tumbleweed"), "container_engine", "zypper --non-interactive install podman", id="nothing on openSUSE"),
        pytest.param(Computer(release="arch"), "container_engine", "pacman --sync --needed --noconfirm podman", id="nothing on Arch"),
        pytest.param(Computer(release="nixos"), "container_engine", "install Docker Engine as its maker says", id="nothing on a system that nobody knows"),
        pytest.param(Computer(release="fedora-43", files={"run/ostree-booted": ""}), "container_engine", "rpm-ostree install --idempotent --apply-live podman", id="Silverblue"),
        pytest.param(Computer(release="fedora-43", docker=Answer(says=DOCKER), programs=()), "ssh_client", "dnf install --assumeyes openssh-clients", id="no ssh on Fedora"),
        pytest.param(Computer(release="arch", docker=Answer(says=DOCKER), programs=()), "ssh_client", "pacman --sync --needed --noconfirm openssh", id="no ssh on Arch"),
        pytest.param(Computer(release="ubuntu-24.04", docker=NO_DAEMON, programs=("ssh", "ssh-keygen", "dockerd"), files={"run/systemd/system/x": ""}), "container_engine", "systemctl enable --now docker", id="docker is down"),
        pytest.param(Computer(release="ubuntu-24.04", docker=NO_API, environment=ROOTLESS_CONTEXT), "container_engine", "systemctl --user enable --now docker", id="docker without root is down"),
        pytest.param(Computer(release="ubuntu-24.04", docker=NO_API, environment={"DOCKER_CONTEXT": "desktop-linux", "CONTEXT_ENDPOINT": "unix:///home/ada/.docker/desktop/docker.sock"}), "container_engine", "systemctl --user start docker-desktop", id="Docker Desktop is down"),
        pytest.param(Computer(release="ubuntu-24.04", docker=Answer(says=DOCKER), environment={"DOCKER_HOST": "ssh://far"}), "container_engine", "unset DOCKER_HOST", id="docker elsewhere answers"),
        pytest.param(Computer(release="ubuntu-24.04", docker=NO_API, environment={"DOCKER_HOST": "tcp://far:2375"}), "container_engine", "unset DOCKER_HOST", id="docker elsewhere is down"),
        pytest.param(Computer(release="debian-12", docker=Answer(complains="Error response from daemon: client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version", status=1)), "container_engine", "upgrade the docker client", id="old client, new daemon"),
        pytest.param(Computer(release="ubuntu-24.04", docker=Answer(says=DOCKER | {"ServerVersion": "19.03.8"})), "container_engine", "upgrade it to 20.10", id="old docker"),
        pytest.param(Computer(release="ubuntu-24.04", docker=Answer(says=DOCKER_REMAPS)), "container_engine", "userns-remap", id="docker remaps users"),
        pytest.param(Computer(release="debian-12", docker=Answer(says=DOCKER_ROOTLESS | {"CgroupVersion": "1", "CgroupDriver": "none"})), "container_engine", "systemd.unified_cgroup_hierarchy=1", id="docker without root on a v1 tree"),
        pytest.param(Computer(release="ubuntu-24.04", docker=Answer(says=DOCKER_ROOTLESS | {"CgroupDriver": "none"})), "container_engine", "loginctl enable-linger", id="docker without root and without a session"),
        pytest.param(Computer(release="ubuntu-22.04", docker=Answer(says=DOCKER_ROOTLESS | {"CpuCfsQuota": False})), "container_engine", "Delegate=cpu", id="docker without root and without cpu"),
        pytest.param(Computer(release="fedora-43", podman=Answer(says=podman(host={"cgroupControllers": ["memory", "pids"]})), programs=PROGRAMS), "container_engine", "Delegate=cpu", id="podman without cpu"),
        pytest.param(Computer(release="fedora-43", podman=Answer(says=podman(host={"cgroupManager": "cgroupfs"})), programs=PROGRAMS), "container_engine", "loginctl enable-linger", id="podman without a session"),
        pytest.param(Computer(release="debian-12", podman=Answer(says=podman("4.3.1", host={"cgroupVersion": "v1"})), programs=PROGRAMS), "container_engine", "systemd.unified_cgroup_hierarchy=1", id="podman without root on a v1 tree"),
        pytest.param(Computer(release="arch", podman=Answer(says=podman(host={"idMappings": {"uidmap": SINGLE, "gidmap": SINGLE}})), programs=PROGRAMS), "container_engine", "usermod --add-subuids", id="podman without user ids"),
        pytest.param(Computer(release="debian-12", podman=Answer(says=podman("4.3.1")), programs=("ssh", "ssh-keygen", "newuidmap")), "container_network", "netavark aardvark-dns slirp4netns iptables", id="podman without networks on Debian 12"),
        pytest.param(Computer(release="debian-13", podman=Answer(says=podman("5.4.2")), programs=PROGRAMS), "container_network", "netavark aardvark-dns passt nftables", id="podman without nft on Debian 13"),
        pytest.param(Computer(release="debian-13", podman=Answer(says=podman("5.4.2")), programs=("ssh", "ssh-keygen", "newuidmap")), "container_network", "netavark aardvark-dns passt nftables", id="podman without networks on Debian 13"),
        pytest.param(Computer(release="debian-12", podman=Answer(complains="Error: creating tmpdir: mkdir /run/user/1000: permission denied", status=125), programs=PROGRAMS), "container_engine", "loginctl enable-linger", id="podman without a folder of the session"),
        pytest.param(Computer(release="debian-12", podman=Answer(complains='Error: cannot setup namespace using newuidmap: exec: "newuidmap": executable file not found in $PATH', status=125)), "container_engine", "apt-get install --yes --no-install-recommends uidmap", id="podman without newuidmap"),
        pytest.param(Computer(release="fedora-43", podman=Answer(complains="Error: cannot setup namespace using newuidmap: exit status 1", status=125), programs=PROGRAMS), "container_engine", "usermod --add-subuids", id="podman and an empty subuid"),
        pytest.param(Computer(release="fedora-43", podman=Answer(complains="Error: cannot re-exec process", status=125), programs=PROGRAMS, files={"proc/sys/user/max_user_namespaces": "0\n"}), "container_engine", "sysctl --write user.max_user_namespaces", id="podman where users make no namespaces"),
        pytest.param(Computer(release="ubuntu-24.04", podman=Answer(complains="Error: cannot re-exec process", status=125), programs=PROGRAMS, files=RESTRICTED), "container_engine", "kernel.apparmor_restrict_unprivileged_userns=0", id="a podman without a profile"),
        pytest.param(Computer(release="ubuntu-24.04", docker=NO_API, environment=ROOTLESS_CONTEXT, programs=("ssh", "ssh-keygen", "rootlesskit"), files=RESTRICTED), "container_engine", "kernel.apparmor_restrict_unprivileged_userns=0", id="a docker without root and without a profile"),
        pytest.param(Computer(release="fedora-43", podman=Answer(complains="Cannot connect to Podman. Please verify your connection", status=125), environment={"CONTAINER_HOST": "ssh://far"}), "container_engine", "unset CONTAINER_HOST", id="podman elsewhere"),
        pytest.param(Computer(release="fedora-43", podman=Answer(says=podman()), programs=PROGRAMS, registry=False), "base_image", "dnf install --assumeyes mmdebstrap debian-keyring", id="Fedora and no registry"),
        pytest.param(Computer(release="arch", podman=Answer(says=podman()), programs=PROGRAMS, registry=False), "base_image", "reach a registry", id="Arch and no registry"),
        pytest.param(Computer(release="ubuntu-24.04", docker=Answer(says=DOCKER), registry=False), "base_image", "mmdebstrap debian-archive-keyring uidmap", id="Ubuntu and no registry"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_named_with_the_command_of_that_distribution(
    computer: Computer, name: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = [each for each in findings(computer, tmp_path, monkeypatch) if each.condition is not Condition.OK]
    assert [each.name for each in bad if each.name == name], bad
    assert any(hint in each.hint for each in bad if each.name == name), bad


def test_the_wished_engine_is_judged_and_not_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computer = Computer(release="fedora-43", podman=Answer(says=podman()), programs=PROGRAMS)
    found = {each.name: each for each in findings(computer, tmp_path, monkeypatch, wish="docker")}
    assert found["container_engine"].hint == "dnf install --assumeyes moby-engine && service docker start"


def test_a_podman_without_root_and_without_a_tunnel_is_told_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computer = Computer(release="fedora-43", podman=Answer(says=podman()), programs=PROGRAMS)
    root = play(computer, tmp_path, monkeypatch)
    (root / "dev/net/tun").unlink()
    (bad,) = [each for each in run_checks(probe("auto", root=root)) if each.condition is not Condition.OK]
    assert (bad.name, bad.hint) == (
        "container_network",
        "`modprobe tun`, then `chmod 0666 /dev/net/tun`",
    )


def test_a_docker_that_is_a_snap_is_told_apart_by_its_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computer = Computer(release="ubuntu-24.04", docker=Answer(says=DOCKER), environment={"HOME": "/home/ada"})
    root = play(
        replace(computer, environment=computer.environment | {"XDG_CACHE_HOME": "/home/ada/.cache"}),
        tmp_path,
        monkeypatch,
    )
    (tmp_path / "bin/docker").rename(tmp_path / "bin/snap")
    (tmp_path / "bin/docker").symlink_to("snap")
    bad = [each for each in run_checks(probe("auto", root=root)) if each.name == "container_engine"]
    assert [
        (each.condition, "may not read /home/ada/.cache/orchestrate/images" in each.seen) for each in bad
    ] == [(Condition.BROKEN, True)]
    monkeypatch.setenv("XDG_CACHE_HOME", "/home/ada/cache")
    (sound,) = [each for each in run_checks(probe("auto", root=root)) if each.name == "container_engine"]
    assert sound.condition is Condition.OK


def test_hosts_of_a_rootless_engine_end_at_logout_unless_the_user_lingers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    computer = Computer(
        release="fedora-43",
        podman=Answer(says=podman()),
        programs=PROGRAMS,
        files={"run/systemd/system/x": ""},
    )
    root = play(computer, tmp_path, monkeypatch)
    monkeypatch.setenv("LOGNAME", "ada")
    (engine,) = [each for each in run_checks(probe("auto", root=root)) if each.name == "container_engine"]
    assert (engine.condition, engine.hint.split("  ")[0]) == (Condition.OK, "loginctl enable-linger")
    (root / "var/lib/systemd/linger").mkdir(parents=True)
    (root / "var/lib/systemd/linger/ada").touch()
    (engine,) = [each for each in run_checks(probe("auto", root=root)) if each.name == "container_engine"]
    assert engine.hint == ""

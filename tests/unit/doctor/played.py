"""Computers that are not here, played at the command line's edge: an os-release, and programs in the engines' names which answer
as the real ones do. The answers keep the fields that decide something, in the form that the engines document or gave when they were run."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

RELEASES = {
    "debian-12": 'ID=debian\nVERSION_CODENAME=bookworm\nVERSION_ID="12"\n',
    "debian-13": 'ID=debian\nVERSION_CODENAME=trixie\nVERSION_ID="13"\n',
    "ubuntu-22.04": "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=jammy\nUBUNTU_CODENAME=jammy\n",
    "ubuntu-24.04": "ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\nUBUNTU_CODENAME=noble\n",
    "mint-22": 'ID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n',
    "fedora-43": 'ID=fedora\nVERSION_ID=43\nVERSION_CODENAME=""\n',
    "rocky-9": 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"\n',
    "amazon-2023": 'ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n',
    "tumbleweed": 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n',
    "arch": "ID=arch\n",
    "nixos": "ID=nixos\n",
}

DOCKER: dict[str, Any] = {
    "ServerVersion": "29.1.3",
    "Driver": "overlayfs",
    "CgroupDriver": "systemd",
    "CgroupVersion": "2",
    "MemoryLimit": True,
    "CpuCfsQuota": True,
    "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"],
    "DockerRootDir": "/srv/docker",
    "OperatingSystem": "Ubuntu 24.04.3 LTS",
}
DOCKER_V1 = DOCKER | {"ServerVersion": "20.10.24", "CgroupDriver": "cgroupfs", "CgroupVersion": "1"}
DOCKER_ROOTLESS = DOCKER | {
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"]
}
DOCKER_SELINUX = DOCKER | {
    "SecurityOptions": ["name=seccomp,profile=builtin", "name=selinux", "name=cgroupns"]
}
DOCKER_REMAPS = DOCKER | {"SecurityOptions": [*DOCKER["SecurityOptions"], "name=userns"]}
DOCKER_DESKTOP = DOCKER | {"OperatingSystem": "Docker Desktop"}

MAPPED = [
    {"container_id": 0, "host_id": 1000, "size": 1},
    {"container_id": 1, "host_id": 100000, "size": 65536},
]
SINGLE = MAPPED[:1]


def podman(
    version: str = "5.6.2", *, rootless: bool = True, host: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The answer of `podman info`; `host` replaces keys of its part of that name."""
    ids = {"gidmap": MAPPED, "uidmap": MAPPED} if rootless else {"gidmap": None, "uidmap": None}
    usual = {
        "cgroupManager": "systemd",
        "cgroupVersion": "v2",
        "cgroupControllers": ["cpu", "io", "memory", "pids"],
        "idMappings": ids,
        "security": {"rootless": rootless, "selinuxEnabled": False, "apparmorEnabled": False},
    }
    return {
        "host": usual | (host or {}),
        "store": {"graphRoot": "/srv/containers", "graphDriverName": "overlay"},
        "version": {"Version": version},
    }


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a program says to `info`, and how it ends."""

    says: object = ""
    complains: str = ""
    status: int = 0


@dataclass(frozen=True, kw_only=True)
class Computer:
    """One computer. Programs that are not named are not there."""

    release: str
    docker: Answer | None = None
    podman: Answer | None = None
    programs: tuple[str, ...] = ("ssh", "ssh-keygen")
    files: dict[str, str] = field(default_factory=dict)
    """Below `/`: path and text."""
    environment: dict[str, str] = field(default_factory=dict)
    registry: bool = True


PODMAN_NETWORKS = ("netavark", "aardvark-dns", "iptables", "slirp4netns", "newuidmap")

_ENGINE = """#!/bin/sh
case "$1 $2" in
"info --format") cat {folder}/{name}.out; cat {folder}/{name}.err >&2; exit {status} ;;
"context inspect") echo "$CONTEXT_ENDPOINT" ;;
"manifest inspect") exit {registry} ;;
*) echo "Error: No such image" >&2; exit 1 ;;
esac
"""


def play(computer: Computer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make this process see that computer, and return where its root is."""
    root, programs = folder / "root", folder / "bin"
    programs.mkdir()
    usual = {"etc/os-release": RELEASES[computer.release], "dev/net/tun": ""}
    for name, text in (usual | computer.files).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for name in computer.programs:
        _write(programs / name, "#!/bin/sh\n")
    for name, answer in (("docker", computer.docker), ("podman", computer.podman)):
        if answer is not None:
            said = answer.says if isinstance(answer.says, str) else json.dumps(answer.says)
            (programs / f"{name}.out").write_text(said, encoding="utf-8")
            (programs / f"{name}.err").write_text(answer.complains, encoding="utf-8")
            script = _ENGINE.format(
                folder=programs, name=name, status=answer.status, registry=0 if computer.registry else 1
            )
            _write(programs / name, script)
    (programs / "cat").symlink_to("/bin/cat")
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "CONTAINER_HOST"):
        monkeypatch.delenv(name, raising=False)
    homes = {
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    for name, value in (homes | {"PATH": str(programs)} | computer.environment).items():
        monkeypatch.setenv(name, value)
    return root


def _write(path: Path, script: str) -> None:
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)

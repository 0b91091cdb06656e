"""The machine as a whole: its distribution, what contains it, its memory and its disks."""

from pathlib import Path

import pytest

from gpuhost.probe.machine import architecture, container, disk_free_mib, distribution, memory_mib, present
from tests.unit.gpuhost.probe.trees import CONTAINER, MACHINE, Tree, grown

TRACELESS = {path: content for path, content in CONTAINER.items() if path != "run/systemd/container"}


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ("ID=ubuntu\nVERSION_ID='24.04'\n", "ubuntu-24.04"),
        ('NAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian # it is\n', "debian-13"),
        ("ID=debian\nNAME='unclosed\n", "debian"),
        ("", ""),
    ],
)
def test_the_distribution_has_its_version_behind_its_name(
    tmp_path: Path, release: str, expected: str
) -> None:
    assert distribution(grown(tmp_path, {"etc/os-release": release})) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([MACHINE], ""),
        ([CONTAINER], "docker"),
        ([TRACELESS], "other"),
        ([TRACELESS, {".dockerenv": ""}], "docker"),
        ([TRACELESS, {"run/.containerenv": ""}], "podman"),
        ([TRACELESS, {"proc/1/environ": "PATH=/bin\0container=lxc\0TERM=x\0"}], "lxc"),
        ([MACHINE, {"proc/sys/kernel/osrelease": "6.6.87.2-microsoft-standard-WSL2\n"}], "wsl"),
    ],
)
def test_a_container_is_told_from_a_machine(tmp_path: Path, parts: list[Tree], expected: str) -> None:
    assert container(grown(tmp_path, *parts)) == expected


@pytest.mark.parametrize(
    ("machine", "bits", "expected"),
    [
        ("x86_64", 64, "x86_64"),
        ("aarch64", 64, "aarch64"),
        ("x86_64", 32, "i686"),
        ("aarch64", 32, "armv7l"),
        ("riscv64", 64, "riscv64"),
    ],
)
def test_a_small_userland_on_a_large_kernel_is_named(machine: str, bits: int, expected: str) -> None:
    assert architecture(machine, bits=bits) == expected


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, 15883),
        ({"sys/fs/cgroup/memory.max": "max\n"}, 15883),
        ({"sys/fs/cgroup/memory.max": f"{2**31}\n"}, 2048),
        ({"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 15883),
    ],
)
def test_memory_is_what_may_be_used(tmp_path: Path, tree: Tree, expected: int) -> None:
    assert memory_mib(grown(tmp_path, MACHINE, tree)) == expected


def test_disks_are_the_local_ones_that_can_be_written_to(tmp_path: Path) -> None:
    mounts = """\
/dev/sda2 / ext4 rw 0 0
proc /proc proc rw 0 0
tmpfs /tmp tmpfs rw 0 0
/dev/sda1 /boot ext4 rw 0 0
/dev/sdb1 /srv/big\\040disk ext4 rw 0 0
/dev/sdb1 /opt ext4 rw 0 0
/dev/sdc1 /mnt/frozen ext4 ro 0 0
server:/home /home nfs4 rw 0 0
overlay /var/lib/docker/overlay2/merged overlay rw 0 0
/dev/sda3 /etc/resolv.conf ext4 rw 0 0
"""
    folders = [f"{name}/x" for name in ("boot", "srv/big disk", "opt", "mnt/frozen", "home")]
    root = grown(
        tmp_path, MACHINE, {"proc/self/mounts": mounts, "etc/resolv.conf": ""}, dict.fromkeys(folders, "")
    )
    assert list(disk_free_mib(root)) == ["/", "/boot", "/srv/big disk", "/opt"]
    assert disk_free_mib(root)["/boot"] > 0


def test_what_is_there_already_is_found_by_patterns(tmp_path: Path) -> None:
    files = ["opt/ml/envs/default/environment.json", "opt/ml/envs/broken/x", "usr/local/cuda-12.4/bin/nvcc"]
    root = grown(tmp_path, dict.fromkeys(files, ""))
    assert present(root, ("/opt/ml/envs/*/environment.json", "/usr/local/cuda-[0-9]*", "/opt/conda")) == [
        "/opt/ml/envs/default/environment.json",
        "/usr/local/cuda-12.4",
    ]

"""File systems of hosts, made of parts: path -> content. What a test does not care about is a bare Debian 12 machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PCI = "sys/bus/pci/devices"
SECURE_BOOT = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
WAIVED = "sys/firmware/efi/efivars/MokSBStateRT-605dab50-e046-4300-abb6-3dd810dd8b23"
TRUSTED = "sys/firmware/efi/efivars/MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23"
KERNEL = "6.1.0-41-amd64"


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link, whose target need not exist."""

    target: str


Content = str | bytes | Link
Tree = Mapping[str, Content]


def grown(root: Path, *parts: Tree) -> Path:
    """Write the parts below `root`, later ones over earlier ones, and return it."""
    for path, content in {name: value for part in parts for name, value in part.items()}.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            file.symlink_to(content.target)
        else:
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def kernel(version: str = KERNEL, *, modules: str = "kernel/fs/ext4/ext4.ko") -> dict[str, Content]:
    """An installed kernel; `modules` are in its modules.dep."""
    return {f"boot/vmlinuz-{version}": "", f"lib/modules/{version}/modules.dep": f"{modules}: \n"}


def packages(*names: str) -> Tree:
    """All that dpkg has installed, and one package that was removed and left its configuration."""
    states = {
        **dict.fromkeys(names, "install ok installed"),
        "nvidia-persistenced": "deinstall ok config-files",
    }
    text = "\n".join(
        f"Package: {name}\nStatus: {state}\nPriority: optional\n" for name, state in states.items()
    )
    return {"var/lib/dpkg/status": text}


def pci(
    address: str, device: str, *, kind: str, driver: str = "", widths: tuple[str, str] = ("16", "16")
) -> Tree:
    """A device of NVIDIA's on the bus; `kind` is its class."""
    folder = f"{PCI}/{address}"
    files: dict[str, Content] = {
        f"{folder}/vendor": "0x10de\n",
        f"{folder}/device": f"0x{device}\n",
        f"{folder}/class": f"{kind}\n",
        f"{folder}/current_link_width": f"{widths[0]}\n",
        f"{folder}/max_link_width": f"{widths[1]}\n",
    }
    return files | ({f"{folder}/driver": Link(f"../../../bus/pci/drivers/{driver}")} if driver else {})


def card(
    address: str = "0000:00:1e.0",
    device: str = "1eb8",
    *,
    kind: str = "0x030200",
    driver: str = "",
    widths: tuple[str, str] = ("16", "16"),
) -> Tree:
    """A T4, or what `device` says."""
    return pci(address, device, kind=kind, driver=driver, widths=widths)


def loaded(version: str) -> Tree:
    """A driver in the kernel."""
    return {"sys/module/nvidia/version": f"{version}\n"}


def module(version: str, *, file: str = "updates/dkms/nvidia-current.ko") -> Tree:
    """A driver on the disk, for the usual kernel; its own section of metadata is real."""
    return kernel(modules=f"kernel/drivers/gpu/drm/nouveau/nouveau.ko:\n{file}") | {
        f"lib/modules/{KERNEL}/{file}": b"\x7fELF\0srcversion=4D1C\0version=%b\0license=NVIDIA\0"
        % version.encode()
    }


def process(pid: int, command: str, *, opened: str) -> Tree:
    """A running program with one file open besides its output."""
    return {
        f"proc/{pid}/comm": f"{command}\n",
        f"proc/{pid}/fd/1": Link("pipe:[4711]"),
        f"proc/{pid}/fd/3": Link(opened),
    }


def efi_variable(value: int) -> bytes:
    """Attributes, then one byte."""
    return b"\x06\0\0\0" + bytes([value])


MACHINE: Tree = {
    "etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
    "proc/sys/kernel/osrelease": f"{KERNEL}\n",
    "proc/2/comm": "kthreadd\n",
    "proc/meminfo": "MemTotal:       16265092 kB\nMemFree:         1000000 kB\n",
    "proc/filesystems": "nodev\tsysfs\nnodev\ttmpfs\nnodev\toverlay\n\text4\n\tvfat\n",
    "proc/self/mounts": "/dev/nvme0n1p1 / ext4 rw,relatime 0 0\ntmpfs /run tmpfs rw 0 0\n",
    f"lib/modules/{KERNEL}/build/Makefile": "",
    f"{PCI}/0000:00:03.0/vendor": "0x1d0f\n",
    f"{PCI}/0000:00:03.0/class": "0x030000\n",
    **kernel(),
    **packages("linux-image-amd64"),
}
"""Debian 12 on a machine of its own, with a display adapter that is not NVIDIA's."""

CONTAINER: Tree = {
    **{
        path: content
        for path, content in MACHINE.items()
        if not path.startswith(("boot/", "lib/", "proc/2/"))
    },
    "run/systemd/container": "docker\n",
}
"""The same in a container of that machine."""

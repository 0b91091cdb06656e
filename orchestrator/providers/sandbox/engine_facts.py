"""What `info` of Docker or Podman says of the engine, as a value. Asks nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineFacts:
    """What decides how a container has to be made here."""

    program: str
    """`docker` or `podman`: what to run. An emulation (`docker` that is Podman) counts as what it is."""
    podman: bool
    version: str
    rootless: bool
    cgroup: int
    """Version of the control group tree: 1 or 2. A hybrid tree counts as 1, for its controllers are there."""
    storage: str
    """Where images and containers lie on this computer's disk; may be inside a virtual machine."""
    storage_driver: str = ""
    """`overlay2`, `overlay`, `vfs` …"""
    cgroup_manager: str = ""
    """Who makes a container's control groups: `systemd`, `cgroupfs`, or `none`; empty when that was not said."""
    controllers: frozenset[str] | None = None
    """Of `cpu` and `memory`, what a container can be limited in; None when that was not said."""
    selinux: bool = False
    """Containers are confined by SELinux."""
    apparmor: bool = False
    """Containers are confined by AppArmor."""
    remaps_users: bool = False
    """A daemon of root runs containers as other users (`userns-remap`)."""
    user_ids: int | None = None
    """How many users a rootless engine can tell apart; None where all can be."""
    virtual_machine: bool = False
    """The engine runs in a virtual machine on this computer, as Docker Desktop's."""


def facts_from_info(program: str, info: dict[str, Any]) -> EngineFacts | None:
    """Read the answer of `info --format '{{json .}}'` of Docker or Podman; None when no server answered."""
    if "host" in info:  # Podman's shape, also behind a `docker` that is Podman
        return _podman(program, info)
    if not info.get("ServerVersion"):
        return None
    return _docker(program, info)


def _podman(program: str, info: dict[str, Any]) -> EngineFacts:
    host, security, store = info["host"], info["host"]["security"], info["store"]
    rootless = bool(security["rootless"])
    mappings = (host.get("idMappings") or {}).get("uidmap") or ()
    return EngineFacts(
        program=program,
        podman=True,
        version=info["version"]["Version"],
        rootless=rootless,
        cgroup=2 if host["cgroupVersion"] == "v2" else 1,
        storage=store["graphRoot"],
        storage_driver=store.get("graphDriverName", ""),
        cgroup_manager=host.get("cgroupManager", ""),
        controllers=_known(host.get("cgroupControllers")),
        selinux=bool(security.get("selinuxEnabled")),
        apparmor=bool(security.get("apparmorEnabled")),
        user_ids=sum(int(each["size"]) for each in mappings) if rootless and mappings else None,
    )


def _docker(program: str, info: dict[str, Any]) -> EngineFacts:
    options = {
        word for option in info.get("SecurityOptions") or () for word in option.split(",") if "name=" in word
    }
    says_limits = "MemoryLimit" in info or "CpuCfsQuota" in info
    limits = {"memory": "MemoryLimit", "cpu": "CpuCfsQuota"}
    return EngineFacts(
        program=program,
        podman=False,
        version=info["ServerVersion"],
        rootless="name=rootless" in options,
        cgroup=int(info.get("CgroupVersion") or 1),
        storage=info["DockerRootDir"],
        storage_driver=info.get("Driver", ""),
        cgroup_manager=info.get("CgroupDriver", ""),
        controllers=_known(name for name, key in limits.items() if info.get(key)) if says_limits else None,
        selinux="name=selinux" in options,
        apparmor="name=apparmor" in options,
        remaps_users="name=userns" in options,
        virtual_machine=info.get("OperatingSystem") == "Docker Desktop",
    )


def _known(controllers: Iterable[str] | None) -> frozenset[str] | None:
    return None if controllers is None else frozenset(controllers) & {"cpu", "memory"}

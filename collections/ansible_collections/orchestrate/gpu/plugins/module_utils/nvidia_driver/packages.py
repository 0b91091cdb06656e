"""A driver's packages: which are lacking, which go, and apt's transactions that make it so.

What came with the driver is on record, and goes with it. No kernel is removed from a machine that boots one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.host import (
    Host,
    Wish,
    branch_of,
    driver_packages,
    succeeds,
    upstream,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import apt, record
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import handed_over
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Owned
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

OWNER, FORMER_RECORD = "nvidia_driver", Path("/var/lib/misc/nvidia_driver.json")
PREFERENCES = Path("/etc/apt/preferences.d")
FABRIC_MANAGER = "nvidia-fabricmanager"
KERNEL_METAPACKAGE = re.compile(r"linux-image-((?![0-9])(?!.*(-dbg|-unsigned|-template)$).+)$")
KERNEL_FLAVOUR = re.compile(r"-((?:cloud-|rt-)?(?:amd64|arm64)|generic|lowlatency|aws|azure|gcp|oracle|kvm)$")
OPTIONS = ("APT::Ignore-Hold=1",)
OTHERS = "choose another nvidia_driver_branch or nvidia_driver_source"


def lacking(host: Host, wish: Wish) -> list[str]:
    """Packages to install: those that are not there; where another branch is, all of the driver's."""
    modules = host.packages.get(wish.packages[0])
    other = modules is None or branch_of(modules.version) != wish.branch
    missing = [name for name in kernel_packages(host, wish) if name not in host.packages]
    return [name for name in wanted(host, wish) if other or name not in host.packages] + missing


def wanted(host: Host, wish: Wish) -> list[str]:
    """The driver's packages that the wish names; the X driver's too where an X server is, which would stop working."""
    x11 = wish.x11 or "xserver-xorg-core" in host.packages
    fabric_managers = (spelling_there(name, host, wish) for name in wish.fabric_manager)
    return [*wish.packages, *(wish.desktop if x11 else ()), *fabric_managers]


def spelling_there(name: str, host: Host, wish: Wish) -> str:
    """A fabric manager's name as it is on the host: NVIDIA's repositories have 580's with the branch in it and without."""
    there = host.packages.get(without_branch(name))
    return without_branch(name) if there and branch_of(there.version) == wish.branch else name


def kernel_packages(host: Host, wish: Wish) -> list[str]:
    """Metapackages that keep kernel and headers in step, for each flavour that the host boots."""
    flavours = [found[1] for name in host.packages if (found := KERNEL_METAPACKAGE.match(name))]
    if not flavours and (found := KERNEL_FLAVOUR.search(host.kernel)):
        flavours = [found[1]]
    if wish.container:
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, "amd64")
        return [f"linux-headers-{flavour}" for flavour in flavours or [machine]]
    if not flavours and not host.headers:
        raise HostError(
            f"the kernel that runs, {host.kernel}, is not the distribution's, and its headers are not here",
            f"put them where /lib/modules/{host.kernel}/build leads to, or boot the distribution's kernel",
        )
    return [f"linux-{part}-{flavour}" for flavour in flavours for part in ("image", "headers")]


def change_packages(host: Host, wish: Wish, names: Sequence[str]) -> None:
    """Install these packages and purge those of another branch, in one transaction; what is new is on record."""
    apt.update(strict=True)
    headers = f"linux-headers-{host.kernel}"
    if headers not in host.packages and not wish.container and succeeds("apt-cache", "show", headers):
        names = [*names, headers]  # then the driver can be loaded before the next boot
    names = exact(host, wish, names)
    coming = simulate(host, wish, names)
    held = (name for name in coming.installed if name in host.packages and host.packages[name].held)
    foreign = [name for name in (*coming.removed, *held) if not re.match(wish.pattern, name)]
    if foreign:
        raise HostError(
            f"apt would remove or change {', '.join(foreign)} for the driver",
            "remove or unhold them yourself, if you can do without",
        )
    # Before it happens: what a killed run brought is on record too.
    write_record(wanted(host, wish), {*read_record()} | (coming.installed.keys() - host.packages.keys()))
    purged = (f"{name}-" for name in coming.removed)
    apt.apt_get("--purge", "install", *names, *purged, options=OPTIONS, hint=OTHERS)


def exact(host: Host, wish: Wish, names: Sequence[str]) -> list[str]:
    """The names, the fabric manager's with the driver's version. Raises HostError where apt has another branch."""
    plain = [name for name in names if not name.startswith(FABRIC_MANAGER)]
    coming = simulate(host, wish, plain).installed
    version = upstream(coming.get(wish.packages[0]) or host.packages[wish.packages[0]].version)
    if branch_of(version) != wish.branch:
        raise HostError(
            f"apt has {wish.packages[0]} {version}, not branch {wish.branch}",
            "set nvidia_driver_branch to one that the source has, or nvidia_driver_source to the other",
        )
    return [*plain, *(of_version(name, version) for name in names if name.startswith(FABRIC_MANAGER))]


def simulate(host: Host, wish: Wish, names: Sequence[str], preferences: Path = PREFERENCES) -> apt.Simulation:
    """What apt would install and remove: also what of a driver the wished packages do not need."""
    wished = {*wanted(host, wish), *(name.partition("=")[0] for name in names)}
    obsolete = [name for name in driver_packages(host, wish) if name not in wished]
    options = (*OPTIONS, f"Dir::Etc::PreferencesParts={preferences}")
    return apt.simulate("--auto-remove", "install", *names, auto=obsolete, options=options, hint=OTHERS)


def of_version(name: str, version: str) -> str:
    """The package in exactly the driver's version, as apt-get takes it."""
    spellings = tuple(dict.fromkeys((name, without_branch(name))))
    for spelling, versions in apt.offered(spellings).items():
        for full in versions:
            if upstream(full) == version:
                return f"{spelling}={full}"
    raise HostError(
        f"there is no {name} {version}, and no other version will do for driver {version}",
        "wait until the source has both in one version, or set nvidia_driver_source to the other",
    )


def going(wish: Wish, came: Sequence[str]) -> list[str]:
    """What goes: the driver's packages and the headers, and of what else came what nobody needs now. Kernels stay that boot.

    Raises HostError where something else would go with them.
    """
    kernels = "linux-headers-|linux-kbuild-" + ("|linux-image-" if wish.container else "")
    named = [name for name in came if re.match(wish.pattern, name) or re.match(kernels, name)]
    if not came:
        return []
    removed = apt.simulate("--auto-remove", "purge", *named, auto=came, options=OPTIONS).removed
    foreign = sorted({*removed} - {*came})
    if foreign:
        raise HostError(f"{', '.join(foreign)} need the driver", "remove them first, if you can do without")
    return [name for name in removed if wish.container or not name.startswith("linux-image-")]


def purge(names: Sequence[str]) -> None:
    """Purge these packages."""
    apt.apt_get("purge", *names, options=OPTIONS)


def without_branch(name: str) -> str:
    """`nvidia-fabricmanager` of `nvidia-fabricmanager-580`."""
    return re.sub(r"-\d+$", "", name)


def read_record() -> tuple[str, ...]:
    """The packages that came with the driver, but for those that another role asks for by now."""
    records = record.read(OWNER, FORMER_RECORD)
    others = {name for role, owned in records.items() if role != OWNER for name in owned.asked}
    return tuple(name for name in records.get(OWNER, Owned()).brought if name not in others)


def write_record(asked: Sequence[str], brought: Iterable[str]) -> None:
    """Replace what is on record for the driver."""
    records = record.read(OWNER, FORMER_RECORD)
    record.write({**records, OWNER: Owned(tuple(asked), tuple(sorted(brought)))})
    FORMER_RECORD.unlink(missing_ok=True)


def remove_record(left: Sequence[str]) -> None:
    """Remove it; what is left is another role's to take away."""
    record.write(handed_over(record.read(OWNER, FORMER_RECORD), OWNER, left))
    FORMER_RECORD.unlink(missing_ok=True)

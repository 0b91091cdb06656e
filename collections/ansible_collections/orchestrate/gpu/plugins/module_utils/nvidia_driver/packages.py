"""A driver's packages: which are lacking, which go, and apt's transactions that make it so.

What came with the driver is on record, and goes with it. No kernel is removed from a machine that boots one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.host import (
    Host,
    Wish,
    branch_of,
    driver_packages,
    succeeds,
    upstream,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.kernel.flavours import (
    built_as,
    flavours_of,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.preferences import preferences
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import apt, record
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import handed_over
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Owned
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError

OWNER, FORMER_RECORD = "nvidia_driver", Path("/var/lib/misc/nvidia_driver.json")
FABRIC_MANAGER = "nvidia-fabricmanager"
BRANCH_IN_NAME = re.compile(r"(?<!\.\d)-(\d{3})(?=-|$)")
"""Not the number in a kernel's name: linux-signatures-nvidia-5.15.0-161-generic."""
PREBUILT = re.compile(r"linux-(modules|objects|signatures)-nvidia-")
OPTIONS = ("APT::Ignore-Hold=1",)
OTHERS = "choose another nvidia_driver_branch or nvidia_driver_source"


def lacking(host: Host, wish: Wish) -> list[str]:
    """Packages to install: those that are not there; all of the driver's where another branch is, or prebuilt modules are
    not of the driver's version or not for the kernel that boots next."""
    main = host.packages.get(wish.packages[0])
    other = main is None or branch_of(main.version) != wish.branch
    if main and wish.prebuilt and host.kernels:
        other = other or host.built.get(host.kernels[-1]) != upstream(main.version)
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
    flavours = flavours_of(host.packages, host.kernel)
    if wish.prebuilt:
        return [] if wish.container else [f"linux-image-{flavour}" for flavour in flavours]
    if wish.container:
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, "amd64")
        return [f"linux-headers-{flavour}" for flavour in flavours or [machine]]
    if not flavours and not host.headers:
        raise HostError(
            f"the kernel that runs, {host.kernel}, is not the distribution's, and its headers are not here",
            f"put them where /lib/modules/{host.kernel}/build leads to, or boot the distribution's kernel",
        )
    return [f"linux-{part}-{flavour}" for flavour in flavours for part in ("image", "headers")]


def in_step(host: Host, wish: Wish) -> list[str]:
    """Kernels that may not change without the driver: prebuilt modules are of one driver and for one kernel."""
    kernels = (f"linux-image-{flavour}" for flavour in flavours_of(host.packages, host.kernel))
    return [name for name in kernels if wish.prebuilt and name in host.packages]


def of_another_branch(host: Host, wish: Wish) -> list[str]:
    """Packages of a driver with another branch in their names, and of its version; prebuilt modules where none are wished.

    They conflict with those of the wished one. apt removes no held package for another's sake, and leaves what belongs to the
    newest kernels, so each is named.
    """

    def conflicts(name: str) -> bool:
        found = BRANCH_IN_NAME.search(name)
        other = found and wish.branch not in (found[1], branch_of(host.packages[name].version))
        return bool(other) or (not wish.prebuilt and PREBUILT.match(name) is not None)

    wished = wanted(host, wish)
    return [name for name in driver_packages(host, wish) if conflicts(name) and name not in wished]


def change_packages(host: Host, wish: Wish, names: Sequence[str]) -> None:
    """Install these packages and purge those of another branch, in one transaction; what is new is on record."""
    with preferences(wish.files, of_another_branch(host, wish)) as folder:
        _change_packages(host, wish, names, folder)


def _change_packages(host: Host, wish: Wish, names: Sequence[str], folder: Path) -> None:
    # With the one for the kernel that runs the driver can be loaded before the next boot.
    flavour = next(iter(flavours_of(host.packages, host.kernel)), "")
    stem = wish.prebuilt[0].removesuffix(f"-{built_as(flavour)}") if wish.prebuilt else "linux-headers"
    own = f"{stem}-{host.kernel}"
    if own not in host.packages and not wish.container and succeeds("apt-cache", "show", own):
        names = [*names, own]
    names = exact(host, wish, names, folder)
    coming = simulate(host, wish, names, folder)
    held = (name for name in coming.installed if name in host.packages and host.packages[name].held)
    ours = held_kernels()
    foreign = [
        name for name in (*coming.removed, *held) if not re.match(wish.pattern, name) and name not in ours
    ]
    if foreign:
        raise HostError(
            f"apt would remove or change {', '.join(foreign)} for the driver",
            "remove or unhold them yourself, if you can do without",
        )
    # Before it happens: what a killed run brought is on record too.
    write_record(wanted(host, wish), {*read_record()} | (coming.installed.keys() - host.packages.keys()))
    purged = (f"{name}-" for name in coming.removed)
    options = (*OPTIONS, f"Dir::Etc::PreferencesParts={folder}")
    apt.apt_get("--purge", "install", *names, *purged, options=options, hint=OTHERS)


def exact(host: Host, wish: Wish, names: Sequence[str], folder: Path) -> list[str]:
    """The names, the fabric manager's with the driver's version. Raises HostError where apt has another branch."""
    plain = [name for name in names if not name.startswith(FABRIC_MANAGER)]
    coming = simulate(host, wish, plain, folder).installed
    version = upstream(coming.get(wish.packages[0]) or host.packages[wish.packages[0]].version)
    if branch_of(version) != wish.branch:
        raise HostError(
            f"apt has {wish.packages[0]} {version}, not branch {wish.branch}",
            "set nvidia_driver_branch to one that the source has, or nvidia_driver_source to the other",
        )
    return [*plain, *(of_version(name, version) for name in names if name.startswith(FABRIC_MANAGER))]


def simulate(host: Host, wish: Wish, names: Sequence[str], folder: Path) -> apt.Simulation:
    """What apt would install and remove: also what of a driver the wished packages do not need."""
    wished = {*wanted(host, wish), *(name.partition("=")[0] for name in names)}
    obsolete = [name for name in driver_packages(host, wish) if name not in wished]
    options = (*OPTIONS, f"Dir::Etc::PreferencesParts={folder}")
    named = (*names, *(f"{name}-" for name in of_another_branch(host, wish)))
    return apt.simulate("--auto-remove", "install", *named, auto=obsolete, options=options, hint=OTHERS)


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
    record.write({**records, OWNER: Owned(tuple(asked), tuple(sorted(brought)), held_kernels())})
    FORMER_RECORD.unlink(missing_ok=True)


def held_kernels() -> tuple[str, ...]:
    """The kernels that the role holds."""
    owned = record.read(OWNER, FORMER_RECORD).get(OWNER, Owned())
    return tuple(name for name in owned.held if name.startswith("linux-image-"))


def record_held(kernels: Sequence[str]) -> None:
    """Replace what is on record of the kernels that the role holds."""
    records = record.read(OWNER, FORMER_RECORD)
    record.write({**records, OWNER: replace(records.get(OWNER, Owned()), held=tuple(kernels))})


def remove_record(left: Sequence[str]) -> None:
    """Remove it; what is left is another role's to take away."""
    record.write(handed_over(record.read(OWNER, FORMER_RECORD), OWNER, left))
    FORMER_RECORD.unlink(missing_ok=True)

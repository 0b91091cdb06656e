"""A driver's packages: which are lacking, which go, and apt's transactions that make it so.

What came with the driver is on record, and goes with it. No kernel is removed from a machine that boots one.
"""

import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from driver_host import (
    DriverError,
    Host,
    Wish,
    branch_of,
    driver_packages,
    put,
    read,
    run,
    succeeds,
    upstream,
)

RECORD = Path("/var/lib/misc/nvidia_driver.json")
FABRIC_MANAGER = "nvidia-fabricmanager"
KERNEL_METAPACKAGE = re.compile(r"linux-image-((?![0-9])(?!.*(-dbg|-unsigned|-template)$).+)$")
KERNEL_FLAVOUR = re.compile(r"-((?:cloud-|rt-)?(?:amd64|arm64)|generic|lowlatency|aws|azure|gcp|oracle|kvm)$")
APT = ("apt-get", "--quiet", "--quiet", "--option", "DPkg::Lock::Timeout=300")
CHANGE = (
    *("--no-install-recommends", "--allow-downgrades", "--ignore-hold", "--allow-change-held-packages"),
    *("--option", "Dpkg::Options::=--force-confdef", "--option", "Dpkg::Options::=--force-confold"),
)


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
        raise DriverError(
            f"the kernel that runs, {host.kernel}, is not the distribution's, and its headers are not here",
            f"put them where /lib/modules/{host.kernel}/build leads to, or boot the distribution's kernel",
        )
    return [f"linux-{part}-{flavour}" for flavour in flavours for part in ("image", "headers")]


def change_packages(host: Host, wish: Wish, names: Sequence[str]) -> None:
    """Install these packages and purge those of another branch, in one transaction; what is new is on record."""
    run((*APT, "update", "--error-on=any"), "apt's sources are not in order")
    headers = f"linux-headers-{host.kernel}"
    if headers not in host.packages and not wish.container and succeeds("apt-cache", "show", headers):
        names = [*names, headers]  # then the driver can be loaded before the next boot
    names = exact(host, wish, names)
    changed, removed = simulate(host, wish, names)
    foreign = [name for name in removed if not re.match(wish.pattern, name)]
    foreign += [
        name
        for name in changed
        if name in host.packages and host.packages[name].held and name not in driver_packages(host, wish)
    ]
    if foreign:
        raise DriverError(
            f"apt would remove or change {', '.join(foreign)} for the driver",
            "remove or unhold them yourself, if you can do without",
        )
    # Before it happens: what a killed run brought is on record too.
    write_record(set(read_record()) | (changed.keys() - host.packages.keys()))
    run(
        (*APT, *CHANGE, "--yes", "--purge", "install", *names, *(f"{name}-" for name in removed)),
        "the packages cannot be installed",
    )


def exact(host: Host, wish: Wish, names: Sequence[str]) -> list[str]:
    """The names, the fabric manager's with the driver's version. Raises DriverError where apt has another branch."""
    plain = [name for name in names if not name.startswith(FABRIC_MANAGER)]
    coming, _ = simulate(host, wish, plain)
    version = upstream(coming.get(wish.packages[0]) or host.packages[wish.packages[0]].version)
    if branch_of(version) != wish.branch:
        raise DriverError(
            f"apt has {wish.packages[0]} {version}, not branch {wish.branch}",
            "set nvidia_driver_branch to one that the source has, or nvidia_driver_source to the other",
        )
    return [*plain, *(of_version(name, version) for name in names if name.startswith(FABRIC_MANAGER))]


def simulate(host: Host, wish: Wish, names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """What apt would install, with versions, and remove: also what of a driver the wished packages do not need."""
    wished = {*wanted(host, wish), *(name.partition("=")[0] for name in names)}
    obsolete = [name for name in driver_packages(host, wish) if name not in wished]
    with auto_installed(obsolete) as options:
        said = run(
            (*APT, *CHANGE, *options, "--simulate", "--auto-remove", "install", *names), "apt finds no way"
        )
    installed = re.findall(r"^Inst (\S+) (?:\[[^]]*\] )?\((\S+)", said, re.MULTILINE)
    return dict(installed), re.findall(r"^(?:Remv|Purg) (\S+)", said, re.MULTILINE)


@contextmanager
def auto_installed(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Options that make apt think that these packages, and no others, came only because others need them."""
    native = run(("dpkg", "--print-architecture"), "dpkg does not answer").strip()
    stanzas = (
        f"Package: {name}\nArchitecture: {architecture or native}\nAuto-Installed: 1\n"
        for name, _, architecture in (one.partition(":") for one in names)
    )
    with tempfile.NamedTemporaryFile("w", prefix="nvidia_driver.") as states:
        states.write("\n".join(stanzas))
        states.flush()
        settings = (
            f"Dir::State::extended_states={states.name}",
            "APT::AutoRemove::RecommendsImportant=false",
            "APT::AutoRemove::SuggestsImportant=false",
        )
        yield tuple(word for setting in settings for word in ("--option", setting))


def of_version(name: str, version: str) -> str:
    """The package in exactly the driver's version, as apt-get takes it."""
    for spelling in dict.fromkeys((name, without_branch(name))):
        for line in run(("apt-cache", "madison", spelling), f"apt does not know {spelling}").splitlines():
            full = line.split("|")[1].strip()
            if upstream(full) == version:
                return f"{spelling}={full}"
    raise DriverError(
        f"there is no {name} {version}, and no other version will do for driver {version}",
        "wait until the source has both in one version, or set nvidia_driver_source to the other",
    )


def remove_packages(wish: Wish, came: Sequence[str]) -> None:
    """Purge the driver's packages and the headers, and of what else came what nobody needs now. Kernels stay that boot."""
    kernels = (
        "linux-headers-|linux-kbuild-|linux-image-" if wish.container else "linux-headers-|linux-kbuild-"
    )
    named = [name for name in came if re.match(wish.pattern, name) or re.match(kernels, name)]
    with auto_installed(came) as options:
        said = run(
            (*APT, *CHANGE, *options, "--simulate", "--auto-remove", "purge", *named),
            "apt finds no way to remove them",
        )
    going = re.findall(r"^(?:Remv|Purg) (\S+)", said, re.MULTILINE)
    foreign = sorted(set(going) - set(came))
    if foreign:
        raise DriverError(f"{', '.join(foreign)} need the driver", "remove them first, if you can do without")
    kept = [name for name in going if name.startswith("linux-image-") and not wish.container]
    run(
        (*APT, *CHANGE, "--yes", "purge", *(name for name in going if name not in kept)),
        "they cannot be removed",
    )


def without_branch(name: str) -> str:
    """`nvidia-fabricmanager` of `nvidia-fabricmanager-580`."""
    return re.sub(r"-\d+$", "", name)


def read_record() -> list[str]:
    """The packages that came with the driver."""
    return list(json.loads(read(RECORD) or "[]"))


def write_record(names: Iterable[str]) -> None:
    """Replace the record; without packages there is none."""
    put(RECORD, json.dumps(sorted(names)) + "\n" if names else "")

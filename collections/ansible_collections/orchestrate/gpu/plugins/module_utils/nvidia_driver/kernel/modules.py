"""Settle with apt what the driver's kernel modules come from: the distribution, which built and signed them, or DKMS, here.

A distribution ends a branch by letting its packages lead to another: they are of the next branch's version then. That is followed
where every card works with the other branch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.host import (
    Host,
    Wish,
    branch_of,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.packages import lacking
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import apt
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError


def settled(host: Host, wish: Wish, *, write: bool) -> Wish:
    """The wish with all its packages named. Fetches apt's lists where a package is lacking and `write` is given.

    Raises HostError where only signed modules will do and the distribution has none for the kernel that runs.
    """
    found = _as_offered(host, wish)
    if write and lacking(host, found):
        apt.update(strict=True)
        found = _as_offered(host, wish)
    if wish.signed_only and wish.dkms and not found.prebuilt:
        raise HostError(
            f"Secure Boot is on, and apt has no {' or '.join(wish.prebuilt) or 'signed modules for this kernel'}",
            "boot a kernel of the distribution for which there are some (linux-image-generic), "
            "or set nvidia_driver_secure_boot to sign and enrol the key as the role then says",
        )
    return found


def _as_offered(host: Host, wish: Wish) -> Wish:
    if not wish.dkms:
        return wish
    main = host.packages.get(wish.packages[0])
    there = main and branch_of(main.version) == wish.branch
    wish = following(wish, {} if there else apt.offered(wish.packages[:1]))
    names = [name for name in (*wish.prebuilt, *wish.dkms) if name not in host.packages]
    complete = there and {*wish.prebuilt[:1]} & host.packages.keys()
    return with_modules(wish, host.packages, () if complete else apt.offered(names))


def following(wish: Wish, known: Mapping[str, Sequence[str]]) -> Wish:
    """The wish of the branch that the packages lead to, where apt has no version of their own any more. Pure."""
    versions = known.get(wish.packages[0], ())
    if not versions or any(branch_of(version) == wish.branch for version in versions):
        return wish
    branch = branch_of(versions[0])
    if not wish.newest_branch or int(branch) > int(wish.newest_branch):
        return wish

    def renamed(names: Sequence[str]) -> list[str]:
        return [name.replace(f"-{wish.branch}", f"-{branch}") for name in names]

    return replace(
        wish,
        branch=branch,
        ended=wish.branch,
        packages=renamed(wish.packages),
        desktop=renamed(wish.desktop),
        fabric_manager=renamed(wish.fabric_manager),
        prebuilt=renamed(wish.prebuilt),
        dkms=renamed(wish.dkms),
    )


def with_modules(wish: Wish, installed: Collection[str], known: Collection[str]) -> Wish:
    """The wish with the packages of its modules: prebuilt ones, where there are some for the kernel that runs; else DKMS. Pure.

    A host whose lists know neither has not fetched them yet: prebuilt ones are foreseen.
    """
    unread = not any(name in known or name in installed for name in (*wish.prebuilt, *wish.dkms))
    names = [name for name in wish.prebuilt if name in installed or name in known or unread]
    prebuilt = names if names and names[0] == wish.prebuilt[0] else []
    return replace(wish, packages=[*wish.packages, *(prebuilt or wish.dkms)], prebuilt=prebuilt)

"""What stands in the way of the NVIDIA driver: the kernel, the firmware, another driver, somebody at work. Pure."""

import re
from collections.abc import Iterator, Mapping

from orchestrator.catalog import Catalog
from orchestrator.catalog.names import version
from orchestrator.models import Driver, HostFacts, PackageSource, Stack
from orchestrator.stages.preflight.finding import Finding

OF_THE_DISTRIBUTION = re.compile(
    r"-((cloud-|rt-)?(amd64|arm64)|generic|lowlatency|aws|azure|gcp|kvm|oracle|virtual)$"
)
"""Ends of the names of kernels that Debian and Ubuntu build, and whose newest headers they always have."""

BYSTANDERS = frozenset(
    {
        *("nv-fabricmanage", "nv-hostengine", "dcgm-exporter", "nvidia-persiste", "nvidia-powerd", "gpuhost"),
        *(
            "Xorg",
            "Xwayland",
            "gnome-shell",
            "gnome-remote-de",
            "kwin_wayland",
            "kwin_x11",
            "sddm-greeter",
            "xfwm4",
        ),
    }
)
"""The driver's own services and desktops: they live through a change of the driver's packages. Names as the kernel cuts them."""

_IN_KERNEL = {"nouveau": "nouveau", "NovaCore": "nova", "nova_core": "nova"}
"""The kernel's own drivers for these cards, by the name that a card shows."""
_REBOOT = (
    "set `nvidia_driver_reboot: true` under `vars:`, or restart the host afterwards: sudo systemctl reboot"
)


def driver_findings(
    facts: HostFacts, stack: Stack, catalog: Catalog, role_vars: Mapping[str, object]
) -> Iterator[Finding]:
    """What the role nvidia_driver and those who use the driver will meet; nothing where the stack has no driver."""
    if stack.driver is None:
        return
    if facts.container:
        yield from _in_a_container(facts, stack, catalog)
        return
    if stack.driver.source is PackageSource.IMAGE:
        yield from _in_the_image(facts, stack, stack.driver, catalog)
    if is_due(facts, stack.driver):
        if not _has_signed_modules(facts, stack.driver, catalog):
            yield from _kernel(facts)
            yield from _secure_boot(
                facts,
                str(role_vars.get("nvidia_driver_secure_boot", "refuse")),
                catalog.distribution(facts.distribution).mok_key,
            )
        yield from _another_driver(facts, stack, stack.driver, catalog)
    yield from _two_versions(facts, stack.driver)
    yield from _holders(facts, due=is_due(facts, stack.driver))


def is_due(facts: HostFacts, driver: Driver) -> bool:
    """True when the role has a driver to install: none is there, one of another branch, or one that no package brought."""
    if driver.source is PackageSource.IMAGE:
        return False
    return _branch(facts.driver_installed) != driver.branch or facts.driver_origin == "runfile"


def _has_signed_modules(facts: HostFacts, driver: Driver, catalog: Catalog) -> bool:
    """True when the distribution builds and signs the driver's modules for the kernel that boots next: none are built here then.

    A kernel's name does not tell `generic` from `generic-hwe-24.04`.
    """
    kernel = OF_THE_DISTRIBUTION.search(facts.kernel_next)
    return kernel is not None and any(
        kernel[1] in {flavour.partition("-hwe")[0] for flavour in row.prebuilt}
        for row in catalog.driver_packages
        if (row.distribution, row.origin, row.branch, row.flavour)
        == (facts.distribution, driver.source, driver.branch, driver.flavour)
    )


def _in_a_container(facts: HostFacts, stack: Stack, catalog: Catalog) -> Iterator[Finding]:
    """Its kernel, and so its driver, are its computer's."""
    missing = _too_old(facts, stack, catalog)
    if missing or not facts.driver_loaded:
        yield Finding(
            f"this is a container ({facts.container}), and driver {facts.driver_loaded or 'none'} is loaded on its "
            f"computer{missing}",
            f"install driver {stack.driver.branch if stack.driver else ''} on the computer that runs the container",
            blocks=True,
        )


def _in_the_image(facts: HostFacts, stack: Stack, driver: Driver, catalog: Catalog) -> Iterator[Finding]:
    """The driver came with the host and is kept: it has to be there, and to be new enough."""
    missing = _too_old(facts, stack, catalog)
    if missing or not facts.driver_loaded:
        yield Finding(
            f"the image was to bring driver {driver.branch}, and driver {facts.driver_loaded or 'none'} is loaded{missing}",
            "leave out `image:` under `aws:`, so that a driver is installed: `orchestrate down`, then `orchestrate up`",
            blocks=True,
        )


def _kernel(facts: HostFacts) -> Iterator[Finding]:
    if facts.headers is not False:
        return
    if not facts.kernel_next:
        yield Finding(
            f"there is no kernel in /boot: {facts.kernel}, which runs, comes from outside, and no driver can be built for it",
            "boot a kernel of the distribution; on a rented machine, take an image that has one",
            blocks=True,
        )
    else:
        ours = OF_THE_DISTRIBUTION.search(facts.kernel_next)
        yield Finding(
            f"there are no headers for kernel {facts.kernel_next}, which boots next: no driver can be built for it",
            "the newest kernel and its headers are installed with the driver: let it boot (GRUB_DEFAULT=0)"
            if ours
            else "boot a kernel of the distribution, or install the headers of this one",
            blocks=ours is None,
        )


def _secure_boot(facts: HostFacts, wish: str, mok_key: str) -> Iterator[Finding]:
    if not facts.secure_boot or wish == "ignore":
        return
    if wish == "refuse" and not facts.driver_loaded:
        known = (
            " (its key is enrolled already)" if facts.dkms_key_enrolled else ", then enrol the key as it says"
        )
        yield Finding(
            "Secure Boot is on: the kernel loads no driver that DKMS built here and whose key (MOK, the machine owner's "
            "key) the firmware does not know",
            f"set `nvidia_driver_secure_boot: sign` under `vars:`{known}; or switch Secure Boot off",
            blocks=True,
        )
    elif not facts.dkms_key_enrolled:
        yield Finding(
            "Secure Boot is on, and the firmware does not know the key that DKMS signs with on this host (MOK)",
            f"afterwards, on the host: sudo mokutil --import {mok_key}; restart it and confirm at its console",
        )


def _another_driver(facts: HostFacts, stack: Stack, driver: Driver, catalog: Catalog) -> Iterator[Finding]:
    held = {_IN_KERNEL[card.driver_in_use] for card in facts.cards if card.driver_in_use in _IN_KERNEL}
    for name in sorted(held):
        yield Finding(f"{name} has the cards: driver {driver.branch} gets them at the next start", _REBOOT)
    if facts.driver_origin == "runfile":
        had = f" (version {facts.driver_installed})" if facts.driver_installed else ""
        yield Finding(
            f"NVIDIA's .run installer put a driver there{had}, of which no package manager knows",
            "nothing: the role nvidia_driver uninstalls it; to keep it, leave nvidia_driver out of `roles:`",
        )
    if facts.driver_loaded and _branch(facts.driver_loaded) != driver.branch:
        yield Finding(
            f"driver {facts.driver_loaded} is loaded{_too_old(facts, stack, catalog)}; branch {driver.branch} is installed "
            "in its place",
            _REBOOT,
        )


def _two_versions(facts: HostFacts, driver: Driver) -> Iterator[Finding]:
    loaded, installed = facts.driver_loaded, facts.driver_installed
    if loaded and installed and loaded != installed and _branch(installed) == driver.branch:
        yield Finding(
            f"driver {loaded} is loaded and {installed} is installed: no program can use the GPU until the host restarts",
            _REBOOT,
        )


def _holders(facts: HostFacts, *, due: bool) -> Iterator[Finding]:
    holders = [one for one in facts.gpu_holders if one.command not in BYSTANDERS]
    if not holders:
        return
    who = ", ".join(f"{one.command} of {one.user} (process {one.pid})" for one in holders)
    if due:
        yield Finding(
            f"the GPU is in use, and another driver under it would break it: {who}",
            f"ask {', '.join(dict.fromkeys(one.user for one in holders))} to end it, or wait",
            blocks=True,
        )
    else:
        yield Finding(
            f"the GPU is in use: {who}", "wait for it: the training would have to share the card's memory"
        )


def _too_old(facts: HostFacts, stack: Stack, catalog: Catalog) -> str:
    """The requirement that the loaded driver does not meet, in words; empty where it meets them all."""
    wanted = {stack.cuda, stack.toolkit.cuda if stack.toolkit else ""}
    needs = [
        (release.compatible_driver or release.driver, release.cuda)
        for release in catalog.cuda
        if release.cuda in wanted
    ]
    oldest, cuda = max(needs, key=lambda need: version(need[0]), default=("", ""))
    older = version(facts.driver_loaded) < version(oldest)
    return f", too old for CUDA {cuda}, which needs {oldest}" if older and facts.driver_loaded else ""


def _branch(driver_version: str) -> str:
    return driver_version.partition(".")[0]

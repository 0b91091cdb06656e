"""Give a host one NVIDIA driver, or take it away again. Never restarts the host, never touches X's configuration.

The modules are built for the kernel that will boot, whichever runs.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.orchestrate.gpu.plugins.module_utils.host_state import files
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver import packages
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.host import (
    MODULES,
    REPAIR,
    UNINSTALLER,
    File,
    Host,
    Wish,
    driver_packages,
    look,
    module_version,
    succeeds,
    upstream,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.kernel.modules import settled
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.preferences import preferences
from ansible_collections.orchestrate.gpu.plugins.module_utils.nvidia_driver.words import in_words
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.apt import offered
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import difference
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Package, installed
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import succeed

DKMS = Path("/var/lib/dkms")
UNITS = ("nvidia-persistenced.service", "nvidia-fabricmanager.service")
UNIT_FOLDERS = (Path("/lib/systemd/system"), Path("/usr/lib/systemd/system"))


def wish_of(given: Mapping[str, Any]) -> Wish:
    """The parameters of the module as a wish."""
    own = [File(Path(one["path"]), one["content"], one["early"]) for one in given["files"]]
    return Wish(**{**given, "files": own})


def bring_about(wish: Wish, *, write: bool) -> Answer:
    """Make the host as wished; return what was done, or without `write` would be, and what there is to say."""
    before = look(wish)
    if wish.state == "present":
        wish = settled(before, wish, write=write)
    answer = Answer()
    for step in STEPS if wish.state == "present" else (remove,):
        step(look(wish) if write else before, wish, answer, write=write)
    after = look(wish) if write else before
    expected = answer.more.pop("packages", before.packages)
    answer.diff += difference(before.packages, after.packages if write else expected)
    restart, says = in_words(after, wish)
    answer.more.update(restart=restart, says=says)
    return answer


def uninstall_runfile(host: Host, _wish: Wish, answer: Answer, *, write: bool) -> None:
    """Take away what a `.run` installer left: its files and those of packages would overwrite each other."""
    if host.runfile:
        answer.done.append("uninstalled what a .run installer left")
        if write:
            succeed((str(UNINSTALLER), "--silent"), f"{UNINSTALLER} on the host, and repeat")


def bring_packages(host: Host, wish: Wish, answer: Answer, *, write: bool) -> None:
    """Write the role's files and install the packages. If apt refuses, the files are as they were."""
    names = packages.lacking(host, wish)
    before = {file: text_of(file.path) for file in wish.files}
    changes = _put({file.path: file.content for file in wish.files}, write=write)
    if write:
        try:
            if names:
                packages.change_packages(host, wish, names)
        except HostError:
            _put({file.path: text for file, text in before.items()}, write=True)
            raise
        if any(file.early and file.content != before[file] for file in wish.files):
            renew_initramfs()
        if packages.FORMER_RECORD.exists():
            packages.write_record(packages.wanted(host, wish), packages.read_record())
    elif names:
        answer.more["packages"] = _predicted(host, wish, names)
    answer.done += [change.said for change in changes] + [f"installed {name}" for name in names]
    answer.diff += [change.diff() for change in changes]


def build_modules(host: Host, wish: Wish, answer: Answer, *, write: bool) -> None:
    """Build the modules for the kernel that will boot, if the packages did not."""
    main = host.packages.get(wish.packages[0])
    target = host.kernels[-1] if host.kernels else ""
    if not main or not target or host.built.get(target) == upstream(main.version):
        return
    if wish.prebuilt:
        _refuse_kernel(target, wish, write=write)
        return
    answer.done.append(f"built the modules for {target}")
    if write:
        succeed(("dkms", "autoinstall", "-k", target), REPAIR)
        if module_version(target) != upstream(main.version):
            raise HostError(
                f"DKMS built no module for {target}", "see /var/lib/dkms/nvidia*/*/build/make.log"
            )


def _refuse_kernel(target: str, wish: Wish, *, write: bool) -> None:
    """The newest prebuilt modules are there, and none is for the kernel that boots next. Without `write` they may be to come."""
    if write:
        raise HostError(
            f"{', '.join(wish.prebuilt)} have no module for {target}, which boots next",
            "let a kernel boot that they have modules for (GRUB_DEFAULT), or remove this one",
        )


def hold_packages(host: Host, wish: Wish, answer: Answer, *, write: bool) -> None:
    """Hold the driver's packages: module and libraries have to be of one version, and the module changes at a boot.

    Prebuilt modules hold the kernel, which would boot without a driver when it went ahead of them.
    """
    kernels, ours = packages.in_step(host, wish), packages.held_kernels()
    names = sorted(name for name in (*driver_packages(host, wish), *kernels) if not host.packages[name].held)
    freed = [name for name in ours if name in host.packages and name not in kernels]
    keep = [name for name in kernels if name in names or name in ours]
    answer.done += [f"held {len(names)} packages"] * bool(names) + [f"released {name}" for name in freed]
    if not write:
        return
    if names:
        succeed(("apt-mark", "hold", *names), REPAIR)
    if freed:
        succeed(("apt-mark", "unhold", *freed), REPAIR)
    if [*ours] != keep:
        packages.record_held(keep)


def enable_units(_host: Host, _wish: Wish, answer: Answer, *, write: bool) -> None:
    """Let the driver's services start with the host."""
    units = [unit for unit in units_there() if not succeeds("systemctl", "--quiet", "is-enabled", unit)]
    answer.done += [f"enabled {unit}" for unit in units]
    if units and write:
        succeed(("systemctl", "enable", *units), REPAIR)


def load_driver(host: Host, wish: Wish, answer: Answer, *, write: bool) -> None:
    """Load the driver where none is loaded and nothing else holds the cards. Where that fails a restart is next."""
    if wish.container or host.loaded or host.in_kernel or host.kernel not in host.built:
        return
    if write and not succeeds("modprobe", "nvidia"):
        return
    answer.done.append("loaded the driver")
    for unit in UNITS if write else ():
        succeeds("systemctl", "start", unit)


STEPS: tuple[Callable[..., None], ...] = (
    uninstall_runfile,
    bring_packages,
    build_modules,
    hold_packages,
    enable_units,
    load_driver,
)
"""In this order; each sees what those before it did."""


def remove(host: Host, wish: Wish, answer: Answer, *, write: bool) -> None:
    """Take away what came with the driver, and the role's files."""
    came = [name for name in packages.read_record() if name in host.packages]
    going = packages.going(wish, came)
    ours = [
        *driver_packages(host, wish),
        *(name for name in packages.held_kernels() if name in host.packages),
    ]
    stays = [name for name in ours if name not in going and host.packages[name].held]
    changes = _put(dict.fromkeys((file.path for file in wish.files), ""), write=write)
    answer.done += [f"removed {name}" for name in going] + [f"released {name}" for name in stays]
    answer.done += [change.said for change in changes]
    answer.diff += [change.diff() for change in changes]
    answer.more["packages"] = {
        name: Package(one.version, held=one.held and name not in stays)
        for name, one in host.packages.items()
        if name not in going
    }
    if not write:
        return
    if going:
        succeeds("systemctl", "disable", "--now", *units_there())
        packages.purge(going)
        remove_traces(came)
    if stays:
        succeed(("apt-mark", "unhold", *stays), REPAIR)
    if any(change.path == file.path for change in changes for file in wish.files if file.early):
        renew_initramfs()
    packages.remove_record([name for name in came if name not in going])


def remove_traces(came: Sequence[str]) -> None:
    """Remove what packages leave: the key that modules were signed with, and depmod's lists of kernels that are not there."""
    if "dkms" in came and "dkms" not in installed():
        shutil.rmtree(DKMS, ignore_errors=True)
    for folder in MODULES.glob("*"):
        if all(path.name.startswith("modules.") for path in folder.iterdir()):
            shutil.rmtree(folder)


def units_there() -> list[str]:
    """The driver's services that are installed."""
    return [unit for unit in UNITS if any((folder / unit).exists() for folder in UNIT_FOLDERS)]


def renew_initramfs() -> None:
    """Let the first steps of a boot know the changed files."""
    if succeeds("which", "update-initramfs"):
        succeed(("update-initramfs", "-u", "-k", "all"), REPAIR)
    elif succeeds("which", "dracut"):
        succeed(("dracut", "--regenerate-all", "--force"), REPAIR)


def _predicted(host: Host, wish: Wish, names: Sequence[str]) -> dict[str, Package]:
    """The packages that would be there. The role's pin counts as written; what apt does not know yet, as coming."""
    known = offered(names)
    fresh = {name: known.get(name, ["?"])[0] for name in names}
    removed: tuple[str, ...] = ()
    if "?" not in fresh.values():
        with preferences(wish.files, packages.of_another_branch(host, wish)) as folder:
            coming = packages.simulate(host, wish, names, folder)
        fresh, removed = dict(coming.installed), coming.removed
    kept = {name: one for name, one in host.packages.items() if name not in removed}
    held = {name: re.match(wish.pattern, name) is not None for name in fresh}
    return {**kept, **{name: Package(version, held[name]) for name, version in fresh.items()}}


def _put(texts: Mapping[Path, str], *, write: bool) -> list[files.Change]:
    """Have the files so; without a text they are not to be there."""
    for path in texts if write else ():
        path.parent.mkdir(mode=0o755, exist_ok=True)
    wishes = [
        files.Wish(path, "file" if text else "absent", content=text, mode=0o644)
        for path, text in texts.items()
    ]
    return files.bring_about(wishes, write=write)

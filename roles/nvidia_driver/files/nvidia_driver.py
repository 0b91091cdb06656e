"""Give the host one NVIDIA driver, or take it away again. Runs on the host, as root.

    check|apply|check-absent|absent '<wish as JSON>'

Goes to the host on standard input, with the modules that it imports (vars/main.yml). Prints one JSON object: what was done
(for the checks: would be done), whether only a restart brings the driver into use, and what there is to say. The modules are
built for the kernel that will boot, whichever runs. Never restarts the host, never touches X's configuration.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from driver_host import (
    MODULES,
    UNINSTALLER,
    DriverError,
    Host,
    Wish,
    driver_packages,
    installed_packages,
    look,
    module_version,
    parse_wish,
    put,
    read,
    run,
    succeeds,
    upstream,
)
from driver_packages import change_packages, lacking, read_record, remove_packages, write_record
from driver_state import in_words

DKMS = Path("/var/lib/dkms")
UNITS = ("nvidia-persistenced.service", "nvidia-fabricmanager.service")
UNIT_FOLDERS = (Path("/lib/systemd/system"), Path("/usr/lib/systemd/system"))


def present(wish: Wish, *, write: bool) -> list[str]:
    """Make the host as wished; return what was done. Without `write`, what would be done."""
    done: list[str] = []
    host = look(wish)
    for step in STEPS:
        did = step(host, wish, write=write)
        host = look(wish) if did and write else host
        done += did
    return done


def uninstall_runfile(host: Host, _wish: Wish, *, write: bool) -> list[str]:
    """Take away what a `.run` installer left: its files and those of packages would overwrite each other."""
    if host.runfile and write:
        run((str(UNINSTALLER), "--silent"), "the driver that a .run installer left cannot be uninstalled")
    return ["uninstalled what a .run installer left"] if host.runfile else []


def bring_packages(host: Host, wish: Wish, *, write: bool) -> list[str]:
    """Write the role's files and install the packages. If apt refuses, the files are as they were."""
    files = {file: read(file.path) for file in wish.files if read(file.path) != file.content}
    names = lacking(host, wish)
    if write:
        for file in files:
            put(file.path, file.content)
        try:
            if names:
                change_packages(host, wish, names)
        except DriverError:
            for file, content in files.items():
                put(file.path, content)
            raise
        if any(file.early for file in files):
            renew_initramfs()
    return [*(f"wrote {file.path}" for file in files), *(f"installed {name}" for name in names)]


def build_modules(host: Host, wish: Wish, *, write: bool) -> list[str]:
    """Build the modules for the kernel that will boot, if the packages did not."""
    modules = host.packages.get(wish.packages[0])
    target = host.kernels[-1] if host.kernels else ""
    if not modules or not target or host.built.get(target) == upstream(modules.version):
        return []
    if write:
        run(("dkms", "autoinstall", "-k", target), f"the modules cannot be built for {target}")
        if module_version(target) != upstream(modules.version):
            raise DriverError(
                f"DKMS built no module for {target}", "see /var/lib/dkms/nvidia*/*/build/make.log"
            )
    return [f"built the modules for {target}"]


def hold_packages(host: Host, wish: Wish, *, write: bool) -> list[str]:
    """Hold the driver's packages: module and libraries have to be of one version, and the module changes at a boot."""
    names = sorted(name for name in driver_packages(host, wish) if not host.packages[name].held)
    if names and write:
        run(("apt-mark", "hold", *names), "the driver's packages cannot be held")
    return [f"held {len(names)} packages"] if names else []


def enable_units(_host: Host, _wish: Wish, *, write: bool) -> list[str]:
    """Let the driver's services start with the host."""
    units = [unit for unit in units_there() if not succeeds("systemctl", "--quiet", "is-enabled", unit)]
    if units and write:
        run(("systemctl", "enable", *units), f"{' and '.join(units)} cannot be enabled")
    return [f"enabled {unit}" for unit in units]


def load_driver(host: Host, wish: Wish, *, write: bool) -> list[str]:
    """Load the driver where none is loaded and nothing else holds the cards. Where that fails a restart is next."""
    if wish.container or host.loaded or host.in_kernel or host.kernel not in host.built:
        return []
    if write:
        if not succeeds("modprobe", "nvidia"):
            return []
        for unit in UNITS:
            succeeds("systemctl", "start", unit)
    return ["loaded the driver"]


STEPS: tuple[Callable[..., list[str]], ...] = (
    uninstall_runfile,
    bring_packages,
    build_modules,
    hold_packages,
    enable_units,
    load_driver,
)
"""In this order; each sees what those before it did."""


def absent(wish: Wish, *, write: bool) -> list[str]:
    """Take away what came with the driver, and the role's files; return what was done. Without `write`, what would be."""
    host = look(wish)
    came = [name for name in read_record() if name in host.packages]
    driver = [name for name in came if re.match(wish.pattern, name)]
    stays = [name for name in driver_packages(host, wish) if name not in came and host.packages[name].held]
    files = [file for file in wish.files if file.path.exists()]
    if write:
        if came:
            succeeds("systemctl", "disable", "--now", *units_there())
            remove_packages(wish, came)
            remove_traces(came)
        if stays:
            run(("apt-mark", "unhold", *stays), "the driver's packages cannot be released")
        for file in files:
            file.path.unlink()
        if any(file.early for file in files):
            renew_initramfs()
        write_record(())
    return [
        *(f"removed {name}" for name in driver),
        *(f"released {name}" for name in stays),
        *(f"removed {file.path}" for file in files),
    ]


def remove_traces(came: Sequence[str]) -> None:
    """Remove what packages leave: the key that modules were signed with, and depmod's lists of kernels that are not there."""
    if "dkms" in came and "dkms" not in installed_packages():
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
        run(("update-initramfs", "-u", "-k", "all"), "the initramfs cannot be renewed")
    elif succeeds("which", "dracut"):
        run(("dracut", "--regenerate-all", "--force"), "the initramfs cannot be renewed")


def main(arguments: Sequence[str]) -> int:
    """Do what the module's docstring says; return the exit code."""
    os.umask(0o022)
    verb, subject = arguments
    wish = parse_wish(subject)
    try:
        done = (absent if verb.endswith("absent") else present)(wish, write=not verb.startswith("check"))
        restart, says = in_words(look(wish), wish)
    except (DriverError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(
        json.dumps({"changed": bool(done), "done": done, "restart": restart, "says": says}) + "\n"
    )
    return 0

"""Give the host one NVIDIA driver, or take it away again. Runs on the host, as root.

    python3 nvidia_driver.py check|apply|check-absent|absent '<wish as JSON>'

Prints one JSON object: what was done (for the checks: would be done), whether only a restart brings the driver into use,
and what there is to say. One transaction of apt brings the wished branch and purges any other; what came with it is on
record and goes with it. The modules are built for the kernel that will boot, whichever runs. Never restarts the host,
never removes a kernel of a machine that boots one, never touches X's configuration.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DPKG_STATUS = Path("/var/lib/dpkg/status")
MODULES = Path("/lib/modules")
BOOT = Path("/boot")
LOADED = Path("/sys/module/nvidia/version")
NOUVEAU = Path("/sys/module/nouveau")
RECORD = Path("/var/lib/misc/nvidia_driver.json")
UNINSTALLER = Path("/usr/bin/nvidia-uninstall")
"""What NVIDIA's own `.run` installer leaves behind."""
MOK_KEYS = (Path("/var/lib/dkms/mok.pub"), Path("/var/lib/shim-signed/mok/MOK.der"))
"""What DKMS signs modules with: Debian's, Ubuntu's."""
FABRIC_MANAGER = "nvidia-fabricmanager"
UNITS = ("nvidia-persistenced.service", "nvidia-fabricmanager.service")
UNIT_FOLDERS = (Path("/lib/systemd/system"), Path("/usr/lib/systemd/system"))

MODULE = re.compile(r"nvidia(?!.*-(drm|fs|modeset|peermem|uvm|vgpu|wmi))[\w-]*\.ko(\.\w+)?$")
KERNEL_METAPACKAGE = re.compile(r"linux-image-((?![0-9])(?!.*(-dbg|-unsigned|-template)$).+)$")
KERNEL_FLAVOUR = re.compile(r"-((?:cloud-|rt-)?(?:amd64|arm64)|generic|lowlatency|aws|azure|gcp|oracle|kvm)$")

APT = ("apt-get", "--quiet", "--quiet", "--option", "DPkg::Lock::Timeout=300")
CHANGE = (
    *("--no-install-recommends", "--allow-downgrades", "--allow-change-held-packages"),
    *("--option", "Dpkg::Options::=--force-confdef", "--option", "Dpkg::Options::=--force-confold"),
)

NVIDIA_SMI = {
    0: "",
    6: "nvidia-smi finds no card",
    9: "the driver is not loaded (nvidia-smi, exit code 9)",
    12: "nvidia-smi finds no NVML library",
    15: "a card has fallen off the bus",
    18: "driver and library are of different versions",
}
"""What nvidia-smi's exit codes mean (nvidia-smi(1), NVML's return codes). None but 0 is a success."""


class DriverError(Exception):
    """Ends the script with a cause and a next step, one line each."""

    def __init__(self, cause: str, hint: str) -> None:
        super().__init__(f"{cause}\n  try: {hint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of the role's own."""

    path: Path
    content: str
    early: bool
    """The first steps of a boot read it too, from the initramfs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The driver as it shall be; for `absent` only what says which packages and files are meant."""

    branch: str
    packages: tuple[str, ...]
    """The first is the kernel modules' own."""
    desktop: tuple[str, ...]
    """What X needs besides: wanted, or X is there."""
    fabric_manager: tuple[str, ...]
    """Of exactly the driver's version."""
    x11: bool
    container: bool
    secure_boot: bool
    pattern: str
    """Matches the names of a driver's packages."""
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What dpkg knows of a package that is installed."""

    version: str
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What is there now."""

    packages: Mapping[str, Package]
    kernel: str
    """The one that runs."""
    kernels: tuple[str, ...]
    """Those that could boot, or in a container those that modules could be built for; the newest is last."""
    built: Mapping[str, str]
    """Kernel -> version of the module that the disk has for it."""
    loaded: str
    runfile: bool
    """A driver from a `.run` installer is there, which no package manager knows."""


def parse_wish(text: str) -> Wish:
    """The wish that the role sends."""
    given = json.loads(text)
    lists = {key: tuple(given[key]) for key in ("packages", "desktop", "fabric_manager")}
    files = tuple(File(**(one | {"path": Path(one["path"])})) for one in given["files"])
    return Wish(**(given | lists | {"files": files}))


def look(wish: Wish) -> Host:
    """What is on the host now."""
    running = os.uname().release
    kernels = tuple(sorted((path.name for path in MODULES.glob("*") if is_target(path, wish)), key=natural))
    return Host(
        packages=installed_packages(),
        kernel=running,
        kernels=kernels,
        built={kernel: version for kernel in {*kernels, running} if (version := module_version(kernel))},
        loaded=read(LOADED).strip(),
        runfile=UNINSTALLER.exists() and not succeeds("dpkg-query", "--search", str(UNINSTALLER)),
    )


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
            change_packages(host, wish, names) if names else None
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
        run(("dkms", "autoinstall", "--kernelver", target), f"the modules cannot be built for {target}")
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
    there = [unit for unit in UNITS if any((folder / unit).exists() for folder in UNIT_FOLDERS)]
    units = [unit for unit in there if not succeeds("systemctl", "--quiet", "is-enabled", unit)]
    if units and write:
        run(("systemctl", "enable", *units), f"{' and '.join(units)} cannot be enabled")
    return [f"enabled {unit}" for unit in units]


def load_driver(host: Host, wish: Wish, *, write: bool) -> list[str]:
    """Load the driver where none is loaded and nothing else holds the cards. Where that fails a restart is next."""
    if wish.container or host.loaded or NOUVEAU.exists() or host.kernel not in host.built:
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
    if not flavours and not (MODULES / host.kernel / "build").exists():
        raise DriverError(
            f"the kernel that runs, {host.kernel}, is not the distribution's, and its headers are not here",
            f"put them where {MODULES / host.kernel / 'build'} leads to, or boot the distribution's kernel",
        )
    return [f"linux-{part}-{flavour}" for flavour in flavours for part in ("image", "headers")]


def change_packages(host: Host, wish: Wish, names: Sequence[str]) -> None:
    """Install these packages and purge those of another branch, in one transaction, and put on record what is new."""
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
    run(
        (*APT, *CHANGE, "--yes", "--purge", "install", *names, *(f"{name}-" for name in removed)),
        "the packages cannot be installed",
    )
    now = installed_packages()
    write_record((set(read_record()) | (now.keys() - host.packages.keys())) & now.keys())


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


def absent(wish: Wish, *, write: bool) -> list[str]:
    """Take away what came with the driver, and the role's files; return what was done. Without `write`, what would be."""
    host = look(wish)
    came = [name for name in read_record() if name in host.packages]
    driver = [name for name in came if re.match(wish.pattern, name)]
    stays = [name for name in driver_packages(host, wish) if name not in came and host.packages[name].held]
    files = [file for file in wish.files if file.path.exists()]
    if write:
        remove_packages(wish, came) if came else None
        run(("apt-mark", "unhold", *stays), "the driver's packages cannot be released") if stays else None
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


def renew_initramfs() -> None:
    """Let the first steps of a boot know the changed files."""
    if succeeds("which", "update-initramfs"):
        run(("update-initramfs", "-u", "-k", "all"), "the initramfs cannot be renewed")
    elif succeeds("which", "dracut"):
        run(("dracut", "--regenerate-all", "--force"), "the initramfs cannot be renewed")


def in_words(host: Host, wish: Wish) -> tuple[bool, str]:
    """Whether a restart is due, and what there is to say of the driver's state; nothing when all is well."""
    modules = host.packages.get(wish.packages[0]) if wish.packages else None
    installed = upstream(modules.version) if modules else ""
    boots = host.kernels[-1] if host.kernels else "no kernel"
    if host.loaded == installed:
        return False, ""
    if wish.container:
        return False, f"Driver {installed} is built for {boots}; {smi()}: a container loads no driver."
    if host.loaded:
        said = f"Driver {host.loaded} is loaded, {installed or 'none'} is installed: programs that use the GPU will not run."
    elif NOUVEAU.exists():
        said = "nouveau holds the cards until the next boot."
    elif host.kernel not in host.built:
        said = f"Driver {installed} is built for {boots}, which boots next, not for {host.kernel}."
    elif wish.secure_boot:
        return False, about_key(installed)
    else:
        said = f"Driver {installed} is installed; {smi()}."
    return True, f"{said} Restart the host, or set nvidia_driver_reboot."


def about_key(installed: str) -> str:
    """What to do where Secure Boot keeps the kernel from loading the driver."""
    key = next((path for path in MOK_KEYS if path.exists()), MOK_KEYS[0])
    # mokutil --test-key ends with 1 when the key is enrolled.
    if key.exists() and not succeeds("mokutil", "--test-key", str(key)):
        return f"The kernel refused driver {installed}, though the key {key} is enrolled: see dmesg."
    return (
        f"Secure Boot: the kernel loads driver {installed} once it knows the key that DKMS signs with. Install mokutil, type "
        f"`mokutil --import {key}`, choose a password and restart; then choose, at the console and within ten seconds, "
        "Enroll MOK, Continue, Yes, that password, Reboot."
    )


def smi() -> str:
    """What nvidia-smi says of the driver, in words."""
    try:
        code = subprocess.run(("nvidia-smi",), capture_output=True, check=False, timeout=60).returncode
    except FileNotFoundError:
        return "nvidia-smi is not installed"
    except subprocess.TimeoutExpired:
        return "nvidia-smi does not answer"
    return NVIDIA_SMI.get(code, f"nvidia-smi fails with exit code {code}")


def installed_packages() -> dict[str, Package]:
    """What dpkg has installed, by name; a package of a foreign architecture as `name:architecture`."""
    found = {}
    for stanza in read(DPKG_STATUS).split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " ")
        if fields.get("Status", "").endswith(" installed"):
            found[fields["Package"], fields["Architecture"]] = Package(
                version=fields["Version"], held=fields["Status"].startswith("hold ")
            )
    native = {"all", *(architecture for name, architecture in found if name == "dpkg")}
    return {
        name if architecture in native else f"{name}:{architecture}": package
        for (name, architecture), package in found.items()
    }


def driver_packages(host: Host, wish: Wish) -> list[str]:
    """The installed packages that belong to a driver, of whatever branch."""
    return [name for name in host.packages if re.match(wish.pattern, name)]


def is_target(folder: Path, wish: Wish) -> bool:
    """Whether these are the modules of a kernel that could boot, or in a container of one that modules can be built for."""
    return (folder / "build").exists() if wish.container else (BOOT / f"vmlinuz-{folder.name}").exists()


def module_version(kernel: str) -> str:
    """Version of the driver's module on the disk for this kernel; empty for none."""
    for pattern in (
        "updates/**/nvidia*.ko*",
        "kernel/nvidia-*/nvidia*.ko*",
        "kernel/drivers/video/nvidia*.ko*",
    ):
        for path in (MODULES / kernel).glob(pattern):
            if MODULE.match(path.name):
                return run(("modinfo", "--field", "version", str(path)), f"{path} is no module").strip()
    return ""


def natural(name: str) -> list[tuple[int, str]]:
    """Sorts 6.1.0-9 before 6.1.0-10."""
    return [(int(part or 0), text) for text, part in re.findall(r"(\D*)(\d*)", name)]


def without_branch(name: str) -> str:
    """`nvidia-fabricmanager` of `nvidia-fabricmanager-580`."""
    return re.sub(r"-\d+$", "", name)


def upstream(version: str) -> str:
    """`535.309.01` of `535.309.01-0+deb12u1`."""
    return version.rpartition(":")[2].partition("-")[0]


def branch_of(version: str) -> str:
    """`535` of `535.309.01-0+deb12u1`."""
    return upstream(version).partition(".")[0]


def run(argv: Sequence[str], failure: str) -> str:
    """What the program printed. Raises DriverError with what it said last, if it fails."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith(("E: ", "dpkg: error", "Error!"))]
        said = (errors or lines or [f"exit code {done.returncode}"])[0]
        raise DriverError(f"{failure}: {said}", f"run `{shlex.join(argv)}` on the host and mend what it says")
    return done.stdout


def succeeds(*argv: str) -> bool:
    """Whether the program is there and ends well."""
    try:
        return (
            subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
        )
    except FileNotFoundError:
        return False


def read(path: Path) -> str:
    """The file's text; empty where there is none."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def put(path: Path, content: str) -> None:
    """Replace the file in one step; without content remove it."""
    if not content:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(mode=0o755, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(content, encoding="utf-8")
    fresh.replace(path)


def read_record() -> list[str]:
    """The packages that came with the driver."""
    return list(json.loads(read(RECORD) or "[]"))


def write_record(names: Iterable[str]) -> None:
    """Replace the record; without packages there is none."""
    put(RECORD, json.dumps(sorted(names)) + "\n" if names else "")


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

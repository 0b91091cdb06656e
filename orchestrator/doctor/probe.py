"""Look at this computer. Changes nothing and decides nothing."""

import getpass
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from platformdirs import user_cache_path

from orchestrator.ansible_hosts import installed_core
from orchestrator.doctor.engines.probe import look_at_engine
from orchestrator.doctor.packages import Release, release_of
from orchestrator.doctor.values import Facts, UserRights
from orchestrator.journal import state_dir
from orchestrator.providers.sandbox.image.rootfs import RootfsCache

_PROGRAMS = (
    *("ssh", "ssh-keygen", "rsync", "docker", "dockerd", "podman", "mmdebstrap", "newuidmap"),
    *("netavark", "aardvark-dns", "iptables", "nft", "slirp4netns", "pasta"),
)
_OTHER_FOLDERS = (
    *("usr/local/sbin", "usr/sbin", "sbin"),
    *("usr/libexec/podman", "usr/lib/podman", "usr/local/libexec/podman", "usr/local/lib/podman"),
)
"""Not on every user's PATH, but that is where daemons lie, and Podman's own programs."""

_NAMESPACE_SETTINGS = (
    ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
    ("user/max_user_namespaces", "0", "user.max_user_namespaces=28633"),
)
"""Below /proc/sys: the file, what it says where users may make no namespaces, and what would permit it."""

_RESTRICTION = "proc/sys/kernel/apparmor_restrict_unprivileged_userns"
_PROFILED = ("podman", "rootlesskit", "mmdebstrap")

_SUDO_TIMEOUT_S = 10.0


def probe(engine: str | None, limits: frozenset[str] = frozenset(), *, root: Path = Path("/")) -> Facts:
    """Look at everything.

    Args:
        engine: `auto`, `docker` or `podman`; None when no containers are wanted.
        limits: of `cpu` and `memory`, what hosts shall be limited in.
        root: where /etc, /proc, /run and /var lie; another one in tests.
    """
    state, cache = state_dir(), user_cache_path("orchestrate")
    programs = frozenset(name for name in _PROGRAMS if _is_program(name, root))
    return Facts(
        python=(sys.version_info.major, sys.version_info.minor),
        has_venv=importlib.util.find_spec("ensurepip") is not None,
        ansible=installed_core() if Path(sys.executable).with_name("ansible-playbook").exists() else None,
        programs=programs,
        release=_release(root),
        user=_user_rights(root),
        images=str(cache / "images"),
        home=str(Path.home()),
        root_prefix=_root_prefix(),
        systemd=(root / "run/systemd/system").is_dir(),
        unwritable=tuple(filter(None, map(_why_unwritable, (state, cache)))),
        state_free_mib=shutil.disk_usage(_nearest_existing(state)).free // 2**20,
        engine=None
        if engine is None
        else look_at_engine(
            engine, limits, RootfsCache(cache / "images"), has_mmdebstrap="mmdebstrap" in programs
        ),
    )


def _is_program(name: str, root: Path) -> bool:
    others = (str(root / folder) for folder in _OTHER_FOLDERS)
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *others))
    return shutil.which(name, path=path) is not None


def _release(root: Path) -> Release:
    fields: dict[str, str] = {}
    for name in ("etc/os-release", "usr/lib/os-release"):
        try:
            text = (root / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        pairs = (line.partition("=") for line in text.splitlines() if not line.startswith("#"))
        fields = {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}
        break
    return release_of(fields, image_based=(root / "run/ostree-booted").exists())


def _user_rights(root: Path) -> UserRights:
    name = _user_name()
    settings = (
        permit for file, forbids, permit in _NAMESPACE_SETTINGS if _text(root / "proc/sys" / file) == forbids
    )
    return UserRights(
        root=os.geteuid() == 0,
        subordinate_ids=_subordinate_ids(root, {name, str(os.geteuid())}),
        namespaces=next(settings, ""),
        unprofiled=_unprofiled(root),
        tunnels=os.access(root / "dev/net/tun", os.R_OK | os.W_OK),
        lingers=(root / "var/lib/systemd/linger" / name).exists(),
    )


def _unprofiled(root: Path) -> frozenset[str]:
    """Where AppArmor restricts namespaces, its own profiles permit them to programs of packages, known by their path."""
    if _text(root / _RESTRICTION) != "1":
        return frozenset()
    places = ((name, shutil.which(name)) for name in _PROFILED)
    return frozenset(
        name
        for name, path in places
        if path is not None and not (path == f"/usr/bin/{name}" and (root / "etc/apparmor.d" / name).exists())
    )


def _subordinate_ids(root: Path, names: set[str]) -> int:
    """The smaller of what /etc/subuid and /etc/subgid give, for an engine takes as many users as groups."""

    def given(file: str) -> int:
        ranges = (line.rpartition(":") for line in _text(root / "etc" / file).splitlines())
        ours = (count for start, _, count in ranges if start.partition(":")[0] in names)
        return sum(int(count) for count in ours if count.isdecimal())

    return min(given("subuid"), given("subgid"))


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user: a container that was given a number
        return str(os.geteuid())


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _root_prefix() -> tuple[str, ...] | None:
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") is None:
        return None
    if sys.stdin.isatty():
        return ("sudo",)  # it can ask for the password
    quiet = subprocess.run(
        ("sudo", "-n", "true"),
        capture_output=True,
        timeout=_SUDO_TIMEOUT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return ("sudo",) if quiet.returncode == 0 else None


def _why_unwritable(folder: Path) -> str:
    existing = _nearest_existing(folder)
    if not existing.is_dir():
        return f"{existing} is not a folder"
    return "" if os.access(existing, os.W_OK | os.X_OK) else f"{existing} is not writable"


def _nearest_existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())

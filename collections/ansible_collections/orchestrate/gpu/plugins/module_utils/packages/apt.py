"""Ask apt what it offers and would do, and let it do that. A failure is told as a cause and a next step. Decides nothing."""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.commands import run
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import record
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.source_faults import (
    CHANGED_ON_ITS_WAY,
    refused_source,
)
from ansible_collections.orchestrate.gpu.plugins.module_utils.retrying import apt_ran
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system import disk
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.files import text_of

SOURCES, LISTS = Path("/etc/apt"), Path("/var/lib/apt/lists")
LOCK_TIMEOUT_S, PAUSE_S = 300.0, 0.5
OPTIONS = (
    *("APT::Get::Assume-Yes=1", "APT::Install-Recommends=0", "DPkg::Options::=--force-confold"),
    *("DPkg::Lock::Timeout=300", "APT::Keep-Downloaded-Packages=0"),
    # What is only recommended or suggested by another package is not kept by it.
    *("APT::AutoRemove::RecommendsImportant=0", "APT::AutoRemove::SuggestsImportant=0"),
    # A package that a role holds may change with the role, down as well as up. Callers refuse what others hold.
    *("APT::Get::Allow-Change-Held-Packages=1", "APT::Get::Allow-Downgrades=1"),
)
ENVIRONMENT = {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}

LOCKED = re.compile(r"Could not get lock (/\S+?)\.?(?:\s|$)")
CAUSES = (
    (
        r"Could not get lock|Unable to (?:lock|acquire)",
        "another program is installing packages on this host, and has apt's lock",
        "wait until it has ended (unattended upgrades take up to half an hour), and repeat",
    ),
    (
        r"not signed|no longer signed|GPG error|OpenPGP signature|Packages(\.\w+)?\s+(Hash Sum mismatch|File has unexpected size)",
        "the package index is not what was signed",
        CHANGED_ON_ITS_WAY,
    ),
    (r"Hash Sum mismatch", "a package is not what the signed index says it is", CHANGED_ON_ITS_WAY),
    (r"unmet dependencies", "packages that are wanted cannot be installed together", ""),
    (r"No space left|enough free space", "the disk is full", "make space, or want fewer packages"),
    (
        r"Failed to fetch|Could not resolve '|Connection (failed|timed out|refused)",
        "the package server does not answer",
        "repeat later, or set base_proxy, base_apt_sources or the repository's address to what this host can reach",
    ),
)
"""What is found in apt's output, the cause it shows and the next step; the first that is found counts."""


@dataclass(frozen=True)
class Simulation:
    """What apt would do."""

    installed: Mapping[str, str]
    """Name -> version."""
    removed: tuple[str, ...] = ()


def apt_get(*arguments: str, options: Sequence[str] = (), hint: str = "") -> str:
    """Run apt-get, again where a server did not answer well, or another apt came first. Raises HostError with what its output shows."""
    flags = [part for option in (*OPTIONS, *options) for part in ("--option", option)]
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        done = apt_ran(lambda: run(("apt-get", "--quiet", *flags, *arguments), ENVIRONMENT))
        if done.returncode == 0:
            return done.stdout
        said = done.stdout + done.stderr
        # Of its locks apt waits for one alone: not for those of the lists and of what apt-daily.service downloads.
        lock = LOCKED.search(said)
        if not lock or time.monotonic() > deadline:
            raise refused_source(said, _sources()) or apt_error(said, hint)
        time.sleep(PAUSE_S)
        _wait_for(Path(lock[1]), deadline)


def apt_error(said: str, hint: str = "") -> HostError:
    """What the output of a failed apt-get says. `hint` is for packages that contradict each other. Pure."""
    lines = [
        line.strip()
        for pattern in (r"unmet dependencies:\n(.*)", r"^E: (.*)", r"^(?:W: |Err:\d+ )(.*)", r"(.*)$")
        for line in re.findall(pattern, said.strip(), re.MULTILINE)
    ]
    for pattern, cause, remedy in CAUSES:
        if re.search(pattern, said):
            return HostError(f"{cause}: {lines[0]}", remedy or hint or "want others", said)
    return HostError(f"apt-get failed: {lines[0]}", "repair it on the host with apt-get, and repeat", said)


def update(source: str = "", *, strict: bool = False) -> None:
    """Fetch the package lists; with `source`, a file of apt's, those of its sources alone. Anything amiss is an error then."""
    alone = (f"Dir::Etc::SourceList={source}", "Dir::Etc::SourceParts=-", "APT::Get::List-Cleanup=0")
    # Otherwise a wrong signature is a warning where lists were fetched before.
    any_error = ("APT::Update::Error-Mode=any",) if source or strict else ()
    _wait_for(LISTS / "lock", time.monotonic() + LOCK_TIMEOUT_S)
    try:
        apt_get("update", options=(*(alone if source else ()), *any_error))
    except HostError:
        if not source:
            os.utime(LISTS, (0, 0))  # so that the next run fetches all of them
        raise
    if not source:
        os.utime(LISTS)  # apt leaves its time where nothing was new


def lists_time() -> float:
    """When the package lists were fetched, in seconds since 1970; 0 where there are none."""
    there = LISTS.is_dir() and any(file.is_file() and file.name != "lock" for file in LISTS.iterdir())
    return LISTS.stat().st_mtime if there else 0.0


def sources_time() -> float:
    """When apt's sources changed; 0 where there are none."""
    folder = SOURCES / "sources.list.d"
    files = [file for file in _source_files() if file.stat().st_size]
    return max(file.stat().st_mtime for file in (folder, *files) if file.exists()) if files else 0.0


def _source_files() -> list[Path]:
    folder = SOURCES / "sources.list.d"
    every = (SOURCES / "sources.list", *folder.glob("*.list"), *folder.glob("*.sources"))
    return [file for file in every if file.is_file()]


def _sources() -> dict[Path, str]:
    return {file: text_of(file) for file in _source_files()}


def repair() -> None:
    """Finish what was cut short while it was unpacked or configured. Somebody's configuration files stay."""
    _wait_for(record.DPKG_STATUS.with_name("lock-frontend"), time.monotonic() + LOCK_TIMEOUT_S)
    done = run(("dpkg", "--configure", "--pending", "--force-confdef", "--force-confold"), ENVIRONMENT)
    if done.returncode != 0 or record.unfinished():
        apt_get("--fix-broken", "install")


def _wait_for(lock: Path, deadline: float) -> None:
    """Until no other apt holds it. dpkg waits by itself, fetching lists does not; a killed run may have left one behind."""
    while lock.exists() and time.monotonic() < deadline:
        with lock.open("r+b") as file:
            try:
                fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(PAUSE_S)
            else:
                return


def simulate(
    *arguments: str, auto: Sequence[str] = (), options: Sequence[str] = (), hint: str = ""
) -> Simulation:
    """What apt would do if these packages, and no others, had come automatically."""
    native = _said("dpkg", "--print-architecture").strip()
    stanzas = (
        f"Package: {name}\nArchitecture: {architecture or native}\nAuto-Installed: 1\n"
        for name, _colon, architecture in (one.partition(":") for one in auto)
    )
    with tempfile.NamedTemporaryFile("w", prefix="extended_states.") as states:
        states.write("\n".join(stanzas))
        states.flush()
        # What is held would stay.
        ignored = ("APT::Ignore-Hold=1",) if auto else ()
        every = (f"Dir::State::extended_states={states.name}", *ignored, *options)
        said = apt_get("--simulate", *arguments, options=every, hint=hint)
    return Simulation(
        dict(re.findall(r"^Inst (\S+) (?:\[[^]]*\] )?\((\S+)", said, re.MULTILINE)),
        tuple(re.findall(r"^(?:Remv|Purg) (\S+)", said, re.MULTILINE)),
    )


def offered(names: Sequence[str]) -> dict[str, list[str]]:
    """The versions of each package that are on apt's lists, the newest first."""
    found: dict[str, list[str]] = {}
    for line in _said("apt-cache", "madison", *names).splitlines() if names else ():
        name, version = (part.strip() for part in line.split("|")[:2])
        found.setdefault(name, []).append(version)
    return found


def named_alike(name: str) -> list[str]:
    """Packages on apt's lists whose names differ from this one in numbers alone."""
    shape = re.sub(r"\d+", r"\\d+", re.escape(name))
    known = _said("apt-cache", "pkgnames", re.split(r"\d", name)[0]).split()
    return sorted(one for one in known if re.fullmatch(shape, one))


def assert_space(packages: Mapping[str, str]) -> None:
    """Raises HostError where the disk cannot hold these versions and, beside them, what is downloaded."""
    specs = [f"{name}={version}" for name, version in packages.items()]
    shown = _said("apt-cache", "show", *specs) if specs else ""
    installed_kib = sum(map(int, re.findall(r"^Installed-Size: (\d+)", shown, re.MULTILINE)))
    download_b = sum(map(int, re.findall(r"^Size: (\d+)", shown, re.MULTILINE)))
    needed_mib = installed_kib // 2**10 + download_b // 2**20
    disk.assert_space(
        Path("/usr"), needed_mib, f"what comes to /usr ({len(specs)} packages)", "want fewer packages"
    )


def _said(*argv: str) -> str:
    return run(argv, ENVIRONMENT).stdout

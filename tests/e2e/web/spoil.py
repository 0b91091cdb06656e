"""Runs on a host: spoils in turn everything that the roles left there, and says what of it goes unseen by `gpuhost.state`.

Each thing is put back as it was. Needs `gpuhost` on its path; standard input has what differs from the image, as the container
engine lists it. Prints a JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from gpuhost.state import files, programs

ROOT = Path("/")
OF_THE_MOMENT = (
    "/dev",
    "/run",
    "/tmp",  # noqa: S108 - named to be passed over
    "/var/cache",
    "/var/lib/apt/lists",
    "/var/log",
    "/var/tmp",  # noqa: S108 - as above
)
OF_PROGRAMS = (
    "/usr/lib/cpp",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/share/applications/mimeinfo.cache",
    "/usr/share/desktop-base",
    "/usr/share/glib-2.0/schemas",
    "/usr/share/icons",
    "/usr/share/images",
    "/usr/share/man",
    "/usr/share/mime",
    "/usr/share/wallpapers",
    "/var/lib/dbus",
    "/var/lib/dictionaries-common",
    "/var/lib/emacsen-common",
    "/var/lib/fail2ban",
    "/var/lib/ieee-data",
    "/var/lib/ispell",
    "/var/lib/sgml-base",
    "/var/lib/systemd/deb-systemd-helper-enabled",
    "/var/lib/ucf",
    "/var/lib/xml-core",
)
"""Written by packages' programs, not by roles."""
INSIDE = ("/opt/ml/envs/", "/opt/ml/notebooks/", "/opt/conda/")
"""Of the thousands of files that pip or conda put here, one in two hundred is spoilt."""
OURS = ("orchestrate-", "nginx.", "fail2ban.", "ssh.")
"""Units that the roles have decided on."""


def main() -> None:
    """Spoil, compare, put back."""
    changed = [line[2:] for line in sys.stdin.read().splitlines() if line[:1] in "AC"]
    managed = sorted(managed_of(changed))
    places = list(files.digests(ROOT, ()))
    unseen, spoilt = [], 0
    for path in managed:
        place = next((each for each in places if path == each or path.startswith(f"{each}/")), "")
        for way in (other_mode, renamed):
            spoilt += 1
            if not place or not way(path, partial(_digest, place, path)):
                unseen.append(f"{path}: {way.__name__}")
    states = {line.split()[0]: line.split()[2] for line in programs.units(programs.systemd())}
    for unit in (unit for unit in states if unit.startswith(OURS)):
        # One that is disabled runs because something starts it, as its socket starts sshd.
        at_boot = ("disable", "enable") if states[unit] == "disabled" else ("enable", "disable")
        for undo, do in (("start", "stop"), at_boot):
            spoilt += 1
            before = programs.digests(ROOT)["systemd"]
            systemctl(do, unit)
            if programs.digests(ROOT)["systemd"] == before:
                unseen.append(f"{unit}: {do}")
            if (undo, unit) == ("start", "ssh.socket"):
                systemctl("stop", "ssh.service")  # systemd refuses a socket whose service runs
            systemctl(undo, unit)
    before = programs.digests(ROOT)["firewall"]
    subprocess.run(("nft", "flush", "table", *programs.TABLE), check=True, timeout=30)
    if programs.digests(ROOT)["firewall"] == before:
        unseen.append("the firewall's rules: flushed")
    systemctl("reload", "orchestrate-firewall.service")
    print(json.dumps({"managed": managed, "units": list(states), "spoilt": spoilt, "unseen": unseen}))


def managed_of(changed: list[str]) -> Iterator[str]:
    """Of all that differs from the image, files and links that no package brought and no program writes as it runs."""
    packaged = {
        line
        for listing in Path("/var/lib/dpkg/info").glob("*.list")
        for line in listing.read_text(encoding="utf-8", errors="replace").splitlines()
    }
    runtime = tuple(f"/{place}" for place in files.WRITTEN_BY_SERVICES)
    for number, path in enumerate(changed):
        brought = path in packaged or f"/usr{path}" in packaged
        passing = path.startswith(
            (*OF_THE_MOMENT, *OF_PROGRAMS, "/var/lib/dpkg", *runtime)
        ) or not files.WRITTEN_ANYWHERE.isdisjoint(path.split("/"))
        personal = path.startswith("/home/") and not any(f"/{each}/" in path for each in files.OF_HOMES)
        one_of_many = path.startswith(INSIDE) and path.count("/") > 5 and number % 200
        a_file = os.path.lexists(path) and (Path(path).is_symlink() or not Path(path).is_dir())
        if a_file and not (brought or passing or personal or one_of_many):
            yield path


def other_mode(path: str, digest: Callable[[], str]) -> bool:
    """Whether it is seen when the file has another mode, or the link another owner."""
    before, seen = digest(), os.lstat(path)
    if Path(path).is_symlink():
        os.lchown(path, 65534, seen.st_gid)
        after = digest()
        os.lchown(path, seen.st_uid, seen.st_gid)
    else:
        Path(path).chmod(seen.st_mode ^ 0o002)
        after = digest()
        Path(path).chmod(seen.st_mode)
    return after != before


def renamed(path: str, digest: Callable[[], str]) -> bool:
    """Whether it is seen when it is not there any more under its name."""
    before = digest()
    Path(path).rename(f"{path}.spoilt")
    after = digest()
    Path(f"{path}.spoilt").rename(path)
    return after != before


def systemctl(*words: str) -> None:
    """Tell systemd to do something."""
    subprocess.run(("systemctl", *words), check=True, timeout=60, capture_output=True)


def _digest(place: str, path: str) -> str:
    """Of the place, or of that folder in it which has the file: what lies below a folder is part of the digest of what it lies in."""
    if place.strip("/") in files.CONTENTS:
        return files.digests(ROOT, ())[place]
    return files.digest(ROOT, place.strip("/") if path == place else str(Path(path).parent).strip("/"))


if __name__ == "__main__":
    main()

"""The packages that desktops need, and no more of their own. As root.

What is new is on record before it is installed. A package that is not wanted any more goes with what came along, as far as it
was brought and nothing else needs it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.retrying import apt_ran
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import succeed

RECORD = Path("/var/lib/misc/vnc-packages.json")
HINT = "repair it on the host, and repeat"

APT_OPTIONS = (
    *("APT::Get::Assume-Yes=1", "APT::Install-Recommends=0", "DPkg::Options::=--force-confold"),
    *("DPkg::Lock::Timeout=300", "APT::Keep-Downloaded-Packages=0"),
    # What only recommends a package of ours does not keep it.
    *("APT::AutoRemove::RecommendsImportant=0", "APT::AutoRemove::SuggestsImportant=0"),
)
APT_CAUSES = (
    (
        r"Unable to locate package|has no installation candidate",
        "a package is not in the archive",
        "spell it in vnc_packages as Debian does",
    ),
    (
        r"unmet dependencies",
        "packages cannot be installed together",
        "leave one out of vnc_packages, or repair with apt-get --fix-broken install",
    ),
    (
        r"Failed to fetch|Could not resolve|Connection (failed|timed out|refused)",
        "the package server does not answer",
        "repeat later, or set base_proxy or base_apt_sources to what this host can reach",
    ),
    (
        r"No space left|enough free space",
        "the disk is full",
        "make space, or shorten vnc_packages",
    ),
)
"""What is found in apt's output, the cause it shows and the next step; the first that is found counts."""


@dataclass(frozen=True)
class Record:
    """What was installed here."""

    finished: bool = False
    """False while something is under way."""
    roots: tuple[str, ...] = ()
    """Packages that were asked for."""
    brought: tuple[str, ...] = ()
    """Packages that were not there before, with all that came along."""


@dataclass(frozen=True)
class Plan:
    """What has to be done."""

    install: tuple[str, ...]
    remove: tuple[str, ...]
    finish: bool
    """Whether a run before was killed."""

    @property
    def steps(self) -> list[str]:
        """What it does, in words."""
        steps = [
            *(f"installed {name}" for name in self.install),
            *(f"removed {name}" for name in self.remove),
        ]
        return steps or ["finished what was begun"] * self.finish


def bring_about(wanted: Sequence[str], *, write: bool) -> list[str]:
    """Have these packages, and of those that were brought before no others; return what was done. Without `write`, what would be.

    Raises HostError with what apt says.
    """
    record = read_record()
    plan = decide(wanted, record, installed())
    if write and plan.steps:
        apply(wanted, plan, record)
    return plan.steps


def decide(wanted: Sequence[str], record: Record, there: frozenset[str]) -> Plan:
    """What has to be done. Pure."""
    ours = set(record.roots) & set(record.brought) & there
    return Plan(
        install=tuple(name for name in wanted if name not in there),
        remove=tuple(sorted(ours - set(wanted))),
        finish=record != Record() and not (record.finished and wanted),
    )


def installed() -> frozenset[str]:
    """Names of the packages that are there."""
    shown = succeed(("dpkg-query", "--show", "--showformat=${Package}\t${db:Status-Abbrev}\n"), HINT)
    rows = (row.split("\t") for row in shown.splitlines())
    return frozenset(name for name, state in rows if state[1] == "i")


def apply(wanted: Sequence[str], plan: Plan, record: Record) -> None:
    """Make it so. What is new comes before what is old goes."""
    roots = tuple(dict.fromkeys((*record.roots, *wanted)))
    record = Record(roots=roots, brought=record.brought)
    if plan.install:
        record = install(plan.install, record)
    write_record(record)
    remove(plan.remove, wanted, record)
    there = installed()
    brought = tuple(name for name in record.brought if name in there)
    write_record(Record(finished=True, roots=tuple(wanted), brought=brought) if wanted else Record())


def install(names: Sequence[str], record: Record) -> Record:
    """Install the packages; return the record, which is written first."""
    there = installed()
    apt_get("update")
    coming = [name for name in simulated("Inst", "install", *names) if name not in there]
    record = Record(roots=record.roots, brought=tuple(dict.fromkeys((*record.brought, *coming))))
    write_record(record)
    apt_get("install", *names)
    return record


def remove(names: Sequence[str], wanted: Sequence[str], record: Record) -> None:
    """Remove these and what came along with them, as far as nothing else needs it."""
    there = installed()
    if keep := [name for name in wanted if name in record.brought and name in there]:
        succeed(("apt-mark", "manual", *keep), HINT)
    if names:
        succeed(("apt-mark", "auto", *names), HINT)
    if loose := [name for name in simulated("Remv", "autoremove") if name in record.brought]:
        apt_get("purge", *loose)
    if not wanted and (loose := spare(record)):
        apt_get("purge", *loose)


def spare(record: Record) -> list[str]:
    """What apt keeps because something may need either it or another package, and nobody asked for."""
    nobodys = set(succeed(("apt-mark", "showauto"), HINT).split()) & set(record.brought)
    return [name for name in sorted(nobodys) if nobodys.issuperset(simulated("Remv", "remove", name))]


def simulated(verb: str, *arguments: str) -> list[str]:
    """Names of the packages that apt would do this to. Raises HostError when it finds no way."""
    lines = apt_get(*arguments, options=("APT::Get::Simulate=1",)).splitlines()
    return [line.split()[1].split(":")[0] for line in lines if line.startswith(f"{verb} ")]


def apt_get(*arguments: str, options: Sequence[str] = ()) -> str:
    """Run apt-get and return what it says. Raises HostError with what its output shows."""
    flags = (part for option in (*APT_OPTIONS, *options) for part in ("--option", option))
    argv = ("apt-get", "--quiet", *flags, *arguments)

    # close_fds=False hands the caller's lock down: an apt that outlives its caller keeps the next run waiting.
    def call() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            close_fds=False,
            env=os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
        )

    done = apt_ran(call)
    if done.returncode != 0:
        told = re.findall(r"^(?:E: |W: |Err:\d+ )(.*)", done.stdout, re.MULTILINE) or [done.stdout.strip()]
        for pattern, cause, hint in APT_CAUSES:
            if re.search(pattern, done.stdout):
                raise HostError(f"{cause}: {told[0]}", hint)
        raise HostError(f"apt-get failed: {told[0]}", "repair it on the host with apt-get, and repeat")
    return done.stdout


def read_record() -> Record:
    """What was recorded here; nothing where nothing was."""
    given = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return Record(
        finished=given.get("finished", False),
        roots=tuple(given.get("roots", ())),
        brought=tuple(given.get("brought", ())),
    )


def write_record(record: Record) -> None:
    """Replace the record in one step; one that says nothing goes."""
    if record == Record():
        RECORD.unlink(missing_ok=True)
        return
    fresh = RECORD.with_name(f".{RECORD.name}.new")
    fresh.write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
    fresh.replace(RECORD)

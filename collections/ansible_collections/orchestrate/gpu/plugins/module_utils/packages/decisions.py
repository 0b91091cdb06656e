"""What of a role's packages has to be installed, removed or marked, from what is wanted, on record and there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Owned, Package
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import before_and_after


@dataclass(frozen=True)
class Want:
    """A package that shall be there."""

    name: str
    version: str = "*"
    """A pattern as shells have them, for the whole version."""
    optional: bool = False
    """Only where the sources have it, and no reason to install by itself."""

    def is_met_by(self, version: str) -> bool:
        """Whether this version will do."""
        return fnmatchcase(version, self.version)


@dataclass(frozen=True)
class Wish:
    """The packages that a role wants; none where it wants to be gone."""

    owner: str
    wants: tuple[Want, ...] = ()
    hold: tuple[str, ...] = ()
    """Patterns for the names that are held."""
    source: str = ""
    """The file of apt's sources that has most of them; what it offers is fetched with its signature checked."""
    debconf: tuple[str, ...] = ()
    conflicts: tuple[Path, ...] = ()
    former_record: Path | None = None
    hint: str = ""
    """What to do where the sources do not have what is wanted."""
    keep: bool = False
    """Whether what comes stays for good."""
    update_cache: bool = False
    """Whether lists that are older than apt's sources are fetched anew, all of them or none."""


@dataclass(frozen=True)
class Host:
    """What is there."""

    packages: Mapping[str, Package]
    automatic: frozenset[str] = frozenset()


SAID = {
    "manual": "marked as asked for",
    "auto": "marked as needed by others",
    "hold": "held",
    "unhold": "released",
}
"""What is said when apt-mark did this."""


@dataclass(frozen=True)
class Marks:
    """What has to be marked for apt, by the verbs of apt-mark."""

    manual: tuple[str, ...]
    """What came along with something, and is asked for by itself now."""
    auto: tuple[str, ...]
    """What no role asks for any more, and stays because something needs it."""
    hold: tuple[str, ...]
    unhold: tuple[str, ...]

    @property
    def steps(self) -> list[str]:
        """In words."""
        return [f"{SAID[verb]} {', '.join(names)}" for verb, names in asdict(self).items() if names]

    @property
    def commands(self) -> list[tuple[str, ...]]:
        """What brings them about."""
        return [("apt-mark", verb, *names) for verb, names in asdict(self).items() if names]

    def on(self, host: Host) -> Host:
        """The host with them."""
        held = {**dict.fromkeys(self.hold, True), **dict.fromkeys(self.unhold, False)}
        packages = {
            name: replace(package, held=held.get(name, package.held))
            for name, package in host.packages.items()
        }
        return Host(packages, host.automatic)


def wants_of(names: Sequence[str], optional: Sequence[str]) -> tuple[Want, ...]:
    """Packages as apt-get takes them, `name` or `name=version`."""
    found = []
    for spec in (*names, *optional):
        name, _equals, version = spec.partition("=")
        found.append(Want(name, version or "*", spec in optional))
    return tuple(found)


def lacking(wish: Wish, host: Host) -> tuple[Want, ...]:
    """What has to be installed."""
    there = host.packages
    missing = tuple(
        want for want in wish.wants if want.name not in there or not want.is_met_by(there[want.name].version)
    )
    return missing if any(not want.optional for want in missing) else ()


def candidates(wish: Wish, records: Mapping[str, Owned], host: Host) -> list[str]:
    """What may go as far as nothing needs it: the role brought it, and neither a role nor a person asks for it."""
    owned = records.get(wish.owner, Owned())
    unasked = {*owned.brought} & host.packages.keys() - asked_by_roles(wish, records)
    return sorted(name for name in unasked if name.partition(":")[0] in host.automatic or name in owned.asked)


def spare(
    may_go: Sequence[str], going: Sequence[str], changed_with: Callable[[Sequence[str]], set[str] | None]
) -> list[str]:
    """What goes, with what apt keeps only because something needs either it or another package.

    Args:
        may_go: what nobody asks for.
        going: what of it nothing needs at all.
        changed_with: what apt would remove or install if it removed these; None where it refuses.
    """
    found = {*going}
    for name in may_go:
        more = None if name in found else changed_with((*sorted(found), name))
        if more is not None and more <= {*may_go}:
            found |= more
    return sorted(found)


def asked_by_roles(wish: Wish, records: Mapping[str, Owned]) -> set[str]:
    """What this role and the others ask for."""
    others = {name for role, each in records.items() if role != wish.owner for name in each.asked}
    return others | {want.name for want in wish.wants}


def marks(wish: Wish, records: Mapping[str, Owned], host: Host) -> Marks:
    """What has to be marked, once the packages are there. What this role brought is on record."""
    owned = records.get(wish.owner, Owned())
    brought, held = {*owned.brought} & host.packages.keys(), {*owned.held}
    ours = brought | {want.name for want in wish.wants} & host.packages.keys() if wish.wants else set()
    hold = {name for name in ours if any(fnmatchcase(name, pattern) for pattern in wish.hold)}
    holding = {name for name, package in host.packages.items() if package.held}
    asked = asked_by_roles(wish, records)
    return Marks(
        manual=tuple(sorted({want.name for want in wish.wants} & brought & host.automatic)),
        auto=tuple(sorted({*owned.asked} & brought - asked - host.automatic)),
        hold=tuple(sorted(hold - holding)),
        unhold=tuple(sorted((held & holding) - hold)),
    )


def handed_over(records: Mapping[str, Owned], owner: str, left: Sequence[str]) -> dict[str, Owned]:
    """The record without this role: what it brought and others go on needing is another role's to take away."""
    others = {role: each for role, each in records.items() if role != owner}
    takers = [role for role, each in others.items() if not each.keep]
    if takers and left:
        next_role = max(takers, key=lambda role: len({*others[role].asked} & {*left}))
        brought = tuple(dict.fromkeys((*others[next_role].brought, *left)))
        others[next_role] = replace(others[next_role], brought=brought)
    return others


def difference(before: Mapping[str, Package], after: Mapping[str, Package]) -> list[dict[str, str]]:
    """The packages before and after, those that differ."""
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    texts = ["".join(_line(name, each[name]) for name in names if name in each) for each in (before, after)]
    return [before_and_after("packages", *texts)] if names else []


def _line(name: str, package: Package) -> str:
    return f"{name} {package.version}{' (held)' if package.held else ''}\n"

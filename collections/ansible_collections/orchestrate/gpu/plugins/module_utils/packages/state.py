"""Have the packages that a role wants, and take away what it brought and nobody wants any more. Knows no role.

What comes is on record before apt begins, so a run that was killed is gone on with, or taken back. What is new is installed before
what is old goes. Never removes a package that no role brought, nor changes one that somebody else holds. Whoever calls holds
the lock `packages`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ansible_collections.orchestrate.gpu.plugins.module_utils.packages import apt, decisions, record
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.decisions import Host, Want, Wish
from ansible_collections.orchestrate.gpu.plugins.module_utils.packages.record import Owned, Package
from ansible_collections.orchestrate.gpu.plugins.module_utils.running import Answer, HostError
from ansible_collections.orchestrate.gpu.plugins.module_utils.system.programs import run, succeed

REPAIR = "repair it on the host, and repeat"
MARKER = "Ansible managed"
"""In every text file that a role of this collection writes."""
LISTS_AGE_S = 86400
"""Older lists are fetched anew before something is installed."""


def bring_about(wish: Wish, *, write: bool) -> Answer:
    """Make it so; return what was done, or without `write` would be."""
    _assert_free(wish.conflicts if wish.wants else ())
    done = _repair(write=write)
    former = wish.former_record if wish.former_record and wish.former_record.exists() else None
    records, before = record.read(wish.owner, former), _look()
    owned = records.get(wish.owner, Owned())
    install = decisions.lacking(wish, before)
    asked = tuple(want.name for want in wish.wants)
    obsolete = not wish.keep and (owned.pending or not set(owned.asked) <= set(asked))
    if not write:
        after = _predicted(wish, records, before, install, obsolete=obsolete)
    else:
        if install:
            _install(wish, records, install, before)
        if obsolete:
            _remove(wish, record.read(wish.owner, former))
        after = _look()
    new = (name for name in after.packages if install and not wish.keep and name not in before.packages)
    brought = tuple(name for name in dict.fromkeys((*owned.brought, *new)) if name in after.packages)
    owned = replace(owned, brought=brought)
    marked = decisions.marks(wish, {**records, wish.owner: owned}, after)
    gone = sorted(before.packages.keys() - after.packages.keys())
    done += _fetch(write=write) if wish.update_cache and not install else []
    prepared = [{"prepared": f"{line}\n"} for line in done]
    done += [f"installed {want.name}" for want in install if not want.optional]
    done += [f"removed {', '.join(gone)}"] if gone else []
    done += marked.steps
    if owned.pending and not done:
        done = ["took over the record of an earlier release" if former else "finished what was begun"]
    if write:
        for command in marked.commands:
            succeed(command, REPAIR)
        held = {*owned.held, *marked.hold} - {*marked.unhold}
        held &= after.packages.keys()
        final = replace(owned, asked=asked, held=tuple(sorted(held)), pending=False, keep=wish.keep)
        fresh = (
            {**records, wish.owner: final} if asked else decisions.handed_over(records, wish.owner, brought)
        )
        if install or obsolete or fresh != records:
            record.write(fresh)
        if former:
            former.unlink()
    change = prepared + decisions.difference(before.packages, marked.on(after).packages)
    return Answer(done, change, {"removed": gone, "kept": [] if asked else list(brought)})


def _assert_free(paths: Sequence[Path]) -> None:
    """Raises HostError where something is in the way that no package made."""
    for path in paths:
        leads = path.readlink() if path.is_symlink() else None
        if leads is None and not path.exists():
            continue
        ours = path.is_file() and MARKER in path.read_text(encoding="utf-8", errors="replace")
        alternative = leads is not None and leads.parent == Path("/etc/alternatives")
        if not (ours or alternative or run(("dpkg-query", "--search", str(path))).returncode == 0):
            what = f"a link to {leads}" if leads else "a folder" if path.is_dir() else "there"
            raise HostError(
                f"{path} is {what}, and no package made it",
                f"uninstall what made it, or move {path} out of the way",
            )


def _repair(*, write: bool) -> list[str]:
    """Finish what was cut short, whoever began it."""
    if not record.unfinished():
        return []
    if write:
        apt.repair()
    return ["finished an installation that was cut short"]


def _fetch(*, write: bool) -> list[str]:
    """Fetch the lists where apt's sources changed after them: what is installed next comes from where it shall."""
    if apt.sources_time() <= apt.lists_time():
        return []
    if write:
        apt.update(strict=True)
    return ["fetched the package lists"]


def _look() -> Host:
    return Host(record.installed(), frozenset(record.automatic()))


def _predicted(
    wish: Wish, records: Mapping[str, Owned], host: Host, install: Sequence[Want], *, obsolete: bool
) -> Host:
    """What would be there. What apt does not know yet counts as coming in the version that is wanted."""
    known = apt.offered([want.name for want in install])
    unknown = [want.name for want in install if want.name not in known and not want.optional]
    auto = decisions.candidates(wish, records, host) if obsolete else []
    specs = [] if unknown else _specs(wish, install, known)
    if not specs:
        coming = apt.Simulation({}, tuple(_going(wish, auto)))
    else:
        coming = apt.simulate("--auto-remove", "install", *specs, auto=auto, hint=wish.hint)
        _assert_ours(coming, wish, records, host)
    versions = {want.name: want.version.replace("*", "?") for want in install if want.name in unknown}
    fresh = {name: Package(version) for name, version in {**versions, **coming.installed}.items()}
    kept = {name: package for name, package in host.packages.items() if name not in coming.removed}
    return Host({**kept, **fresh}, host.automatic)


def _install(wish: Wish, records: Mapping[str, Owned], install: Sequence[Want], before: Host) -> None:
    """Install. What comes is on record first. A refusal leaves record and host as they were."""
    strict = wish.update_cache and apt.sources_time() > apt.lists_time()
    old = strict or apt.lists_time() < time.time() - LISTS_AGE_S
    if wish.source:
        apt.update(wish.source)
    known = {} if old else apt.offered([*(want.name for want in install), "apt"])
    met = (any(map(want.is_met_by, known.get(want.name, ()))) for want in install)
    if "apt" not in known or not all(met):
        apt.update(strict=strict)
        known = apt.offered([want.name for want in install])
    specs = _specs(wish, install, known)
    coming = apt.simulate("install", *specs, hint=wish.hint)
    _assert_ours(coming, wish, records, before)
    new = [name for name in coming.installed if name not in before.packages]
    apt.assert_space({name: coming.installed[name] for name in new})
    owned = records.get(wish.owner, Owned())
    asked = (want.name for want in wish.wants)
    fresh = replace(
        owned,
        asked=tuple(dict.fromkeys((*owned.asked, *asked))),
        brought=tuple(dict.fromkeys((*owned.brought, *(() if wish.keep else new)))),
        pending=True,
        keep=wish.keep,
    )
    record.write({**records, wish.owner: fresh})
    for line in wish.debconf:
        succeed(("debconf-set-selections",), REPAIR, f"{line}\n")
    try:
        apt.apt_get("install", *specs, hint=wish.hint)
    except HostError:
        if _look().packages == before.packages:
            record.write(records)
        raise


def _remove(wish: Wish, records: Mapping[str, Owned]) -> None:
    """Purge what nobody wants and nothing needs."""
    record.write({**records, wish.owner: replace(records.get(wish.owner, Owned()), pending=True)})
    if going := _going(wish, decisions.candidates(wish, records, _look())):
        apt.apt_get("purge", *going)


def _going(wish: Wish, auto: Sequence[str]) -> list[str]:
    """What of this nothing needs. Where the role goes, not even as the one of several that would do."""
    if not auto:
        return []
    going = apt.simulate("autoremove", auto=auto).removed

    def changed_with(names: Sequence[str]) -> set[str] | None:
        try:
            coming = apt.simulate("remove", *names, auto=auto)
        except HostError:  # apt itself needs it
            return None
        return {*coming.removed, *coming.installed}

    return list(going) if wish.wants else decisions.spare(auto, going, changed_with)


def _specs(wish: Wish, install: Sequence[Want], known: Mapping[str, Sequence[str]]) -> list[str]:
    """The packages as apt takes them. Raises HostError for what the sources do not have. Optional ones may be left out."""
    specs = []
    for want in install:
        fitting = [version for version in known.get(want.name, ()) if want.is_met_by(version)]
        if fitting:
            specs.append(want.name if want.version == "*" else f"{want.name}={fitting[0]}")
        elif not want.optional:
            versions, alike = known.get(want.name), apt.named_alike(want.name)
            instead = f"it in {', '.join(versions)}" if versions else ", ".join(alike) or "none like it"
            spec = want.name if want.version == "*" else f"{want.name}={want.version}"
            raise HostError(
                f"the package sources have no {spec}, but {instead}", wish.hint or "want one that they have"
            )
    return specs


def _assert_ours(coming: apt.Simulation, wish: Wish, records: Mapping[str, Owned], host: Host) -> None:
    """Raises HostError where apt would remove what this role did not bring, or change what somebody else holds."""
    owned = records.get(wish.owner, Owned())
    ours = {*owned.brought, *owned.held, *(want.name for want in wish.wants)}
    held = {name for name in coming.installed if name in host.packages and host.packages[name].held}
    foreign = sorted(({*coming.removed} | held) - ours)
    if foreign:
        raise HostError(
            f"apt would remove or change {', '.join(foreign)}",
            "remove or unhold them yourself, if you can do without",
        )
